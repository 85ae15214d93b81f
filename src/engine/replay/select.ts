import { HoldfastError } from '../core/errors.js'
import type { LogId, OpenBody } from '../core/event.js'
import { buildProjectMap, type Alias, type ProjectMap } from '../core/project-map.js'
import type { Stream } from '../core/stream.js'
import type { LoggedFile, LogInfo, LogReader } from '../ports/log.js'
import { streamOfFile } from './stream-of.js'

/** A file together with the stream that it belongs to. */
export interface SessionFile {
  readonly file: LoggedFile
  readonly info: LogInfo
  readonly stream: Stream
}

export interface Selection {
  /** A session id, a unique prefix of one, or a path. */
  readonly session?: string
  readonly root?: string
  readonly project?: string
  /** A host's name, or a log's id. Default: the host whose store this is. */
  readonly host?: string
}

/** The project map as the logs tell it. */
export async function projectMap(reader: LogReader): Promise<ProjectMap> {
  const aliases: Alias[] = []
  for await (const { event } of reader.hostEvents(['alias'])) {
    const { body, time, log, offset } = event
    const by = reader.log(log)?.host
    if (body.kind !== 'alias' || by === undefined) continue
    const { project, path, host } = body
    aliases.push({ project, path, host, time, log, offset, by })
  }
  return buildProjectMap(aliases)
}

/** Every file of these logs with its stream. */
export function sessionFiles(reader: LogReader, logs: readonly LogId[], map: ProjectMap): SessionFile[] {
  const found: SessionFile[] = []
  for (const file of reader.files()) {
    const info = reader.log(file.log)
    if (!info || !logs.includes(file.log)) continue
    found.push({ file, info, stream: streamOfFile(reader, file, info.host, map) })
  }
  return found.toSorted(byPlace)
}

function byPlace(a: SessionFile, b: SessionFile): number {
  const [x, y] = [a.file.facts, b.file.facts]
  if (x.root !== y.root) return x.root < y.root ? -1 : 1
  if (x.path !== y.path) return x.path < y.path ? -1 : 1
  return a.file.log < b.file.log ? -1 : 1
}

/**
 * The logs of a host, newest first. Several where it could not go on with one (see `decideContinuity`).
 * @throws HoldfastError HOST_UNKNOWN
 */
export async function logsOfHost(
  reader: LogReader,
  host: string | undefined,
  own: LogId | null,
): Promise<LogId[]> {
  const infos = reader.logs()
  if (host === undefined) return own === null ? [] : continuedLogs(reader, own)
  const named = infos.filter((info) => info.hostName === host)
  const byId = infos.filter(({ log }) => /^[0-9a-f]{6,32}$/.test(host) && log.startsWith(host))
  const found = named.length > 0 ? named : byId
  if (found.length === 0) throw new HoldfastError('HOST_UNKNOWN', `no host is named “${host}”`)
  return newestFirst(found)
}

function newestFirst(infos: readonly LogInfo[]): LogId[] {
  return infos.toSorted((a, b) => (b.last?.ms ?? 0) - (a.last?.ms ?? 0)).map(({ log }) => log)
}

/** A log and those it continues, as far as their `open` events are here; itself first. */
export async function continuedLogs(reader: LogReader, log: LogId): Promise<LogId[]> {
  const found: LogId[] = []
  let next: LogId | undefined = log
  while (next !== undefined && reader.log(next) && !found.includes(next)) {
    found.push(next)
    const opening: OpenBody | null = await openingOf(reader, next)
    next = opening?.continues.at(-1)?.log
  }
  return found
}

/** A log's first event, or null where it can't be read: that costs the link to older logs, nothing else. */
export async function openingOf(reader: LogReader, log: LogId): Promise<OpenBody | null> {
  try {
    const { body } = (await reader.read({ log, offset: 0 })).event
    return body.kind === 'open' ? body : null
  } catch {
    return null
  }
}

/**
 * The files that a selection names: for each place the newest log that knows it.
 * @throws HoldfastError SESSION_UNKNOWN, SESSION_AMBIGUOUS, ROOT_UNKNOWN, PROJECT_UNKNOWN
 */
export function selectFiles(
  files: readonly SessionFile[],
  logs: readonly LogId[],
  selection: Selection,
): SessionFile[] {
  const newest = new Map<string, SessionFile>()
  for (const each of files) {
    const id = `${each.file.facts.root}\0${each.file.facts.path}`
    const known = newest.get(id)
    if (!known || logs.indexOf(each.file.log) < logs.indexOf(known.file.log)) newest.set(id, each)
  }
  let chosen = [...newest.values()]
  const { root, project, session } = selection
  if (root !== undefined) {
    chosen = chosen.filter(({ file }) => file.facts.root === root)
    if (chosen.length === 0)
      throw new HoldfastError('ROOT_UNKNOWN', `nothing is recorded below a root “${root}”`)
  }
  if (project !== undefined) {
    chosen = chosen.filter(({ stream }) => stream.project === project || stream.folder === project)
    if (chosen.length === 0)
      throw new HoldfastError('PROJECT_UNKNOWN', `nothing is recorded of a project “${project}”`)
  }
  return session === undefined ? chosen : ofSession(chosen, session)
}

/** The session's own file first, then what belongs to it (subagents, tool results). */
function ofSession(files: readonly SessionFile[], wanted: string): SessionFile[] {
  const byPath = files.filter(({ file }) => isPathOf(wanted, file.facts.path))
  if (byPath.length > 0) return withCompanions(files, byPath)
  const exact = files.filter(({ stream }) => stream.session === wanted)
  if (exact.length > 0) return withCompanions(files, mains(exact))
  const matching = files.filter(({ stream }) => stream.session.startsWith(wanted))
  const ids = [...new Set(matching.map(({ stream }) => stream.session))]
  if (wanted === '' || ids.length === 0) {
    throw new HoldfastError('SESSION_UNKNOWN', `no session is named “${wanted}”`)
  }
  if (ids.length > 1) {
    const some = ids.slice(0, 5).join(', ')
    const more = ids.length > 5 ? `, and ${ids.length - 5} more` : ''
    throw new HoldfastError('SESSION_AMBIGUOUS', `“${wanted}” may be ${some}${more}`)
  }
  return withCompanions(files, mains(matching))
}

function isPathOf(wanted: string, path: string): boolean {
  return wanted.includes('/') && (wanted === path || wanted.endsWith(`/${path}`))
}

/** Of the files with one session id, the session itself: its line log, not what stands beside it. */
function mains(files: readonly SessionFile[]): SessionFile[] {
  const logs = files.filter(
    ({ file }) => /\.jsonl?$/.test(file.facts.path) && !file.facts.path.endsWith('.meta.json'),
  )
  return logs.length > 0 ? logs : [...files]
}

function withCompanions(files: readonly SessionFile[], chosen: readonly SessionFile[]): SessionFile[] {
  const folders = chosen.map(({ file }) => `${file.facts.path.replace(/\.[^./]+$/, '')}/`)
  const beside = files.filter(
    (each) =>
      !chosen.includes(each) &&
      chosen.some(
        ({ file }, i) =>
          file.facts.root === each.file.facts.root && each.file.facts.path.startsWith(folders[i] ?? '\0'),
      ),
  )
  return [...chosen, ...beside]
}
