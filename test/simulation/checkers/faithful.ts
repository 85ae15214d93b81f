import type { Event, LogId } from '../../../src/engine/core/event.js'
import type { LogReader } from '../../../src/engine/ports/log.js'
import { contentBytes, latestState } from '../../../src/engine/replay/content.js'
import { continuedLogs } from '../../../src/engine/replay/select.js'
import { holds } from '../failure.js'
import { Replayer } from './replayer.js'

/** A file of the simulated disk that must be recorded. */
export interface DiskFile {
  readonly root: string
  readonly path: string
  readonly bytes: Buffer
}

export interface FaithfulQuestion {
  readonly log: LogId
  readonly files: readonly DiskFile[]
  /** Roots that are gone or empty as a whole: nothing of them counts as deleted. */
  readonly offline: ReadonlySet<string>
  /** Whether an earlier log of this host parted: what refers to it elsewhere may not fit what stands here. */
  readonly afterFork: boolean
  /** Files that are kept out of history until someone decides. */
  readonly isSuspect: (root: string, path: string) => boolean
}

/** What a store holds of a log and of those that it continues, rebuilt by the independent replayer, as far as it can be read. */
async function replayStore(reader: LogReader, log: LogId, afterFork: boolean): Promise<Replayer> {
  const own = await continuedLogs(reader, log)
  const continued = await continuedEvents(reader, own)
  const replayer = new Replayer(afterFork)
  const logs: Event[][] = []
  for (const { log: each, events } of reader.logs()) {
    const readable: Event[] = []
    for (let offset = 0; offset < events; offset += 1) {
      const found = await reader.read({ log: each, offset }).catch(() => null)
      if (found) readable.push(found.event)
    }
    // Others' bytes count where a file of this host was written from them. Others' are also those that the machine of
    // which this one is a copy wrote afterwards, on top of what may not be here.
    const upTo = own.includes(each) ? (continued.get(each) ?? events) : 0
    if (own.includes(each)) logs.push(readable.filter(({ offset }) => offset < upTo))
    for (const event of readable) if (event.offset >= upTo) replayer.know(event)
  }
  replayer.addLogs(logs)
  return replayer
}

/** How many events of each log its successor went on from. */
async function continuedEvents(reader: LogReader, own: readonly LogId[]): Promise<Map<LogId, number>> {
  const upTo = new Map<LogId, number>()
  for (const log of own) {
    const opened = await reader.read({ log, offset: 0 }).catch(() => null)
    if (opened?.event.body.kind !== 'open') continue
    for (const { log: before, events } of opened.event.body.continues) upTo.set(before, events)
  }
  return upTo
}

/** `faithful`: replaying this host's log gives its files, byte for byte, and no others. */
export async function checkFaithful(reader: LogReader, question: FaithfulQuestion): Promise<void> {
  const { log, files, offline, isSuspect } = question
  const replayer = await replayStore(reader, log, question.afterFork)
  const onDisk = new Set<string>()
  const lost = reader.log(log)?.lost ?? []
  const someLost = reader.logs().some((each) => each.lost.length > 0)
  for (const { root, path, bytes } of files) {
    onDisk.add(`${root}/${path}`)
    if (isSuspect(root, path)) continue
    const known = replayer.file(log, root, path)
    const unsure = someLost && (known === undefined || !known.sure)
    const replayed = unsure ? await engineReplay(reader, log, root, path) : replayer.content(log, root, path)
    holds(replayed !== undefined, 'faithful', () => `${root}/${path} is on disk and not in the log`)
    const same = replayed?.equals(bytes) ?? false
    holds(same, 'faithful', () => `${root}/${path}: ${difference(replayed, bytes)}`)
  }
  for (const { root, path, present, log: of, last } of replayer.files()) {
    if (of !== log || !present || offline.has(root) || isSuspect(root, path)) continue
    // Its removal may be among the lost events.
    if (lost.some(({ to }) => to > last)) continue
    holds(onDisk.has(`${root}/${path}`), 'faithful', () => `${root}/${path} is in the log and not on disk`)
  }
}

/**
 * A file of which events are lost. The engine knows the length of each lost event from its index, and so can tell more
 * of the rest than a replay of the events alone.
 */
async function engineReplay(
  reader: LogReader,
  log: LogId,
  root: string,
  path: string,
): Promise<Buffer | undefined> {
  const { content, complete, present } = await latestState(reader, log, { root, path })
  if (!complete || !present) return undefined
  const parts: Uint8Array[] = []
  for await (const bytes of contentBytes(reader, content)) parts.push(bytes)
  return Buffer.concat(parts)
}

/** Where two contents part, in words. */
export function difference(replayed: Buffer | undefined, bytes: Buffer): string {
  if (!replayed) return 'nothing is replayed'
  let at = 0
  while (at < bytes.length && at < replayed.length && bytes[at] === replayed[at]) at += 1
  const show = (buffer: Buffer): string => JSON.stringify(buffer.subarray(at, at + 40).toString('latin1'))
  return (
    `replay has ${replayed.length} bytes, disk ${bytes.length}; ` +
    `from ${at}: replay ${show(replayed)}, disk ${show(bytes)}`
  )
}
