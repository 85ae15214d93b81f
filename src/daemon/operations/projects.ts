import { HoldfastError } from '../../engine/core/errors.js'
import type { HostId } from '../../engine/core/event.js'
import { projectMap, sessionFiles } from '../../engine/replay/select.js'
import { openOwnLog } from '../log-continuity.js'
import type { Runtime } from '../runtime.js'

export interface ProjectRow {
  readonly name: string
  readonly sessions: number
  /** Where the hosts have it, as mapped: `host: path`. Empty where nobody mapped it. */
  readonly mapped: readonly { readonly host: string | null; readonly path: string }[]
}

export interface ProjectsResult {
  readonly projects: readonly ProjectRow[]
}

export interface MapArgs {
  readonly project: string
  /** Absolute, or below `~`; null unmaps. */
  readonly path: string | null
  /** The host that has it there, by name; null for this one. */
  readonly host: string | null
}

/** Projects over all hosts, and how they were mapped. */
export async function projects(runtime: Runtime): Promise<ProjectsResult> {
  const { reader } = runtime.store
  const map = await projectMap(reader)
  const logs = reader.logs().map(({ log }) => log)
  const rows = new Map<string, { sessions: Set<string>; mapped: ProjectRow['mapped'] }>()
  for (const { stream } of sessionFiles(reader, logs, map)) {
    if (stream.project === '') continue
    const row = rows.get(stream.project) ?? { sessions: new Set(), mapped: [] }
    row.sessions.add(stream.session)
    rows.set(stream.project, row)
  }
  const perHost = [...map.hosts.values()].flat().filter(({ host }) => host !== null)
  for (const { project, path, host } of [...map.everywhere, ...perHost]) {
    const row = rows.get(project) ?? { sessions: new Set(), mapped: [] }
    rows.set(project, {
      ...row,
      mapped: [...row.mapped, { host: host === null ? null : hostName(runtime, host), path }],
    })
  }
  const found = [...rows].map(([name, { sessions, mapped }]) => ({ name, sessions: sessions.size, mapped }))
  return { projects: found.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** Says where a host has a project. Replicates, and reaches what was recorded before. */
export async function mapProject(
  runtime: Runtime,
  { project, path, host }: MapArgs,
): Promise<ProjectsResult> {
  if (!/^[^/\\\0\p{C}]{1,120}$/u.test(project) || project.startsWith('~') || project.startsWith('.')) {
    throw new HoldfastError('USAGE', `“${project}” is no name for a project`, {
      next: 'Use up to 120 characters without slashes, not beginning with ~ or a dot.',
    })
  }
  const writer = runtime.session?.own.writer ?? (await openOwnLog(runtime)).writer
  const own = runtime.store.reader.log(writer.log)?.host
  const target = host === null ? own : hostId(runtime, host)
  if (target === undefined) throw new HoldfastError('INTERNAL', 'this host has no log')
  await writer.append({ events: [{ body: { kind: 'alias', project, path, host: target } }] })
  return projects(runtime)
}

/** Takes a project's mapping on a host back. */
export async function unmapProject(runtime: Runtime, args: Omit<MapArgs, 'path'>): Promise<ProjectsResult> {
  const { projects: known } = await projects(runtime)
  if (!known.some(({ name, mapped }) => name === args.project && mapped.length > 0)) {
    throw new HoldfastError('PROJECT_UNKNOWN', `no project “${args.project}” is mapped`, {
      next: 'See `holdfast project list`.',
    })
  }
  return mapProject(runtime, { ...args, path: null })
}

function hostName({ store }: Runtime, host: HostId): string {
  return store.reader.logs().find((info) => info.host === host)?.hostName ?? host.slice(0, 8)
}

function hostId({ store }: Runtime, name: string): HostId {
  const found = store.reader.logs().find((info) => info.hostName === name || info.host.startsWith(name))
  if (!found) throw new HoldfastError('HOST_UNKNOWN', `no host is named “${name}”`)
  return found.host
}
