import type { EventId, HostId } from '../core/event.js'
import { HoldfastError } from '../core/errors.js'
import type { Branch, Conflict } from '../core/merge/types.js'
import { mergeFormatOf } from '../formats/rules-merge.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader } from '../ports/log.js'
import type { StreamEntry } from '../streams/stream-index.js'
import { conflictName } from './conflict-id.js'
import { headName, possibleChoices } from './plan.js'
import type { BranchRow, ConflictRow, ResolutionRow } from './types.js'

interface Tools {
  readonly reader: LogReader
  readonly hasher: Hasher
}

/** How this stream's branches merge. */
export function mergeOf({ files }: StreamEntry): ReturnType<typeof mergeFormatOf> {
  const facts = files[0]?.file.facts
  return mergeFormatOf(facts?.format ?? '', facts?.path ?? '')
}

/** Hosts by id as people call them; of several with one name each gets the beginning of its id. */
export function hostNames(reader: LogReader): Map<HostId, string> {
  const names = new Map<HostId, string>()
  for (const { host, hostName } of reader.logs()) names.set(host, hostName)
  const seen = [...names.values()]
  for (const [host, name] of names)
    if (seen.filter((other) => other === name).length > 1) names.set(host, `${name}#${host.slice(0, 8)}`)
  return names
}

/** The host of a branch: who wrote where it ends. */
export function branchHost(reader: LogReader, names: Map<HostId, string>, { head, hosts }: Branch): string {
  return nameOf(names, reader.log(head.log)?.host ?? hosts[0] ?? '')
}

/** A conflict as data for people and scripts. */
export async function conflictRow(
  { reader, hasher }: Tools,
  entry: StreamEntry,
  conflict: Conflict,
): Promise<ConflictRow> {
  const { stream } = entry
  const names = hostNames(reader)
  const resolutions: ResolutionRow[] = []
  for (const { ref, host, choice, undone } of conflict.resolutions)
    resolutions.push({ host: nameOf(names, host), choice, time: await timeOf(reader, ref), undone })
  return {
    id: conflictName(hasher, stream.key, conflict.id),
    stream: stream.key,
    root: stream.root,
    format: stream.format,
    project: stream.project,
    session: stream.session,
    file: stream.rest,
    kind: conflict.kind,
    status: conflict.status,
    branches: conflict.branches.map((branch) => branchRow(reader, names, branch)),
    clashes: conflict.clashes,
    resolutions,
    divergence: conflict.divergence?.text ?? null,
    choices: possibleChoices(conflict, stream, mergeOf(entry).shape),
  }
}

function branchRow(reader: LogReader, names: Map<HostId, string>, branch: Branch): BranchRow {
  const { records, fromMs, toMs, first, last, dropped, malformed } = branch
  return {
    host: branchHost(reader, names, branch),
    hosts: branch.hosts.map((host) => nameOf(names, host)).sort(),
    records,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    first,
    last,
    dropped,
    malformed,
    head: headName(branch),
  }
}

function nameOf(names: Map<HostId, string>, host: HostId): string {
  return names.get(host) ?? host.slice(0, 8)
}

/** Times come from other machines: what no date can hold is shown as the nearest one that can. */
function isoTime(ms: number): string {
  return new Date(Math.max(0, Math.min(ms, 8.64e15))).toISOString()
}

async function timeOf(reader: LogReader, id: EventId): Promise<string | null> {
  try {
    return isoTime((await reader.read(id)).event.time.ms)
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
    throw error
  }
}
