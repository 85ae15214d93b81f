import { countOf, difference, toRanges, type Ranges } from '../engine/core/ranges.js'
import type { LogId } from '../engine/core/event.js'
import type { Clock } from '../engine/ports/clock.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type { EventRun, PeerIdentity, SignedPoint, StoreOutcome } from '../engine/ports/replica.js'
import type { DatabaseOperation } from './database.js'
import { firstChain, nextChain } from './event-value.js'
import type { GroupCommit } from './group-commit.js'
import { identityKey, jointKey, logKey, pointKey } from './keys.js'
import type { LevelLogWriter } from './level-log-writer.js'
import { hostIdOf } from './log-identity.js'
import type { LogTable } from './log-table.js'
import { checkRun, checkShape, invalid, type CheckedEvent } from './replica-check.js'
import type { ReplicaLog } from './replica-log.js'
import { Placement } from './replica-place.js'
import { encodeIdentityRow, encodeJointRow, encodePointRow } from './replica-rows.js'
import { encodeLogRow, type LogRow } from './row-codec.js'

/** What the owner of the store has to do or to know when a peer sends something out of the ordinary. */
export interface ReplicaEvents {
  /**
   * A peer holds more of the log that is being written here than this store: the store was rolled back, and offsets
   * that it would give out are taken. When this resolves nobody writes that log any more.
   */
  rolledBack(log: LogId, held: number, peer: number): Promise<void>
  /** An event's time is far ahead of this host's clock. It is stored, and no clock follows it. */
  clockAhead(log: LogId, aheadMs: number): void
}

export interface StoreRunTools {
  readonly table: LogTable
  readonly hasher: Hasher
  readonly clock: Clock
  readonly log: ReplicaLog
  readonly identity: Pick<PeerIdentity, 'verify'>
  /** For the rows of all logs but the one that is written here. */
  readonly commits: GroupCommit
  /** The one writer of this store, if there is one. */
  readonly writer: () => LevelLogWriter | null
  readonly events: ReplicaEvents
}

/** A hole that is larger stands for no log that anybody wrote. */
const gapMaxEvents = 100_000_000

/** Clocks of sound machines differ by less. */
const aheadMaxMs = 5 * 60_000

/** The run brings events of the log that is written here, behind its head: nothing was stored. */
export interface Ahead {
  readonly kind: 'ahead'
  readonly held: number
  readonly peer: number
}

/** Checks a run and stores what of it is not here. Runs of one log come one after the other. */
export async function storeRun(tools: StoreRunTools, run: EventRun): Promise<StoreOutcome | Ahead> {
  const { table, hasher } = tools
  const { from, identity } = run
  const { log } = identity
  checkShape(hasher, run)
  const held = table.row(log)?.events ?? 0
  const known = await tools.log.chainAt(log, from)
  const before = known ?? run.before
  if (!before)
    throw invalid(log, from, held < from ? `only ${held} events are here` : 'the event before it is not here')
  if (from - held > gapMaxEvents) throw invalid(log, from, 'an impossible hole before it')
  const joins = run.point.signature.length === 0 && (await joinsHeld(tools, run.point))
  if (known && run.before && Buffer.compare(known, run.before) !== 0) {
    // Both histories are the writer's, or this throws.
    checkRun(hasher, tools.identity, run, run.before, joins)
    return { kind: 'forked', offset: from - 1, explained: forkText(log, from - 1) }
  }
  const events = checkRun(hasher, tools.identity, run, before, joins)
  const fork = await forkIn(tools, log, events)
  if (fork !== null) {
    return { kind: 'forked', offset: fork, explained: forkText(log, fork) }
  }
  const end = from + events.length
  if (table.writing === log && end > held) return { kind: 'ahead', held, peer: end }
  const missing = await missingOf(tools, log, events)
  if (missing.length === 0) return { kind: 'known' }
  await place(tools, run, missing, known ? [] : [jointOf(hasher, log, from, before)])
  return { kind: 'stored', events: missing.length }
}

/** Behind a hole nothing else says what the chain before is: the next one that lacks these events will ask. */
function jointOf(hasher: Hasher, log: LogId, from: number, before: Uint8Array): DatabaseOperation {
  return { type: 'put', key: jointKey(log, from), value: encodeJointRow(hasher, before) }
}

/** Whether what is held after this point can follow from no other chain. */
async function joinsHeld(
  { log: reader, hasher }: StoreRunTools,
  { log, events, chain }: SignedPoint,
): Promise<boolean> {
  const known = await reader.chainAt(log, events)
  if (known) return Buffer.compare(known, chain) === 0
  const after = await reader.at(log, events)
  return after !== undefined && Buffer.compare(nextChain(hasher, chain, after.digest), after.chain) === 0
}

function forkText(log: LogId, offset: number): string {
  return (
    `two writers used log ${log.slice(0, 8)}: from event ${offset} on the peer holds other events than this store. ` +
    'What is here was kept, and what the peer holds was not taken'
  )
}

/** Where what is held and what came are not the same event, or not the same history; null where they agree. */
async function forkIn(
  { table, log: reader, hasher }: StoreRunTools,
  log: LogId,
  events: readonly CheckedEvent[],
): Promise<number | null> {
  const held = table.row(log)?.events ?? 0
  for (const { offset, chain } of events) {
    if (offset >= held) return null
    const here = await reader.chainAt(log, offset + 1)
    if (here && Buffer.compare(here, chain) !== 0) return offset
  }
  // What follows the run here must go on from it: where a hole was closed, nothing has said so yet.
  const last = events.at(-1)
  const after = last && (await reader.at(log, last.offset + 1))
  if (!last || !after) return null
  return Buffer.compare(nextChain(hasher, last.chain, after.digest), after.chain) === 0
    ? null
    : last.offset + 1
}

/** What of the events is not here; where only a stub is, the whole event is missing. */
async function missingOf(
  { table, log: reader }: StoreRunTools,
  log: LogId,
  events: readonly CheckedEvent[],
): Promise<CheckedEvent[]> {
  const row = table.row(log)
  const missing: CheckedEvent[] = []
  for (const event of events) {
    const { offset } = event
    const lost = row?.lost.some((range) => range.from <= offset && offset < range.to)
    if (row && offset < row.events && !lost) continue
    if (lost && event.kind === 'stub' && (await reader.at(log, offset))) continue
    missing.push(event)
  }
  return missing
}

async function place(
  tools: StoreRunTools,
  run: EventRun,
  events: readonly CheckedEvent[],
  more: readonly DatabaseOperation[],
): Promise<void> {
  const { table, hasher, commits } = tools
  const { identity, point } = run
  const { log, publicKey } = identity
  const before = table.row(log) ?? emptyRow(hasher, publicKey)
  const placement = new Placement(table, hasher, log)
  for (const event of events) placement.place(event, event.offset >= before.events)
  tellClock(tools, log, events)
  const row = rowAfter(before, events, placement.bytes)
  const operations: DatabaseOperation[] = [...placement.operations, ...more]
  if (point.signature.length > 0)
    operations.push({ type: 'put', key: pointKey(log, point.events), value: encodePointRow(hasher, point) })
  if (before.events === 0)
    operations.push({ type: 'put', key: identityKey(log), value: encodeIdentityRow(hasher, identity) })
  const filled = difference(before.lost, row.lost)
  const onDurable = (): void => {
    for (const file of placement.files.values()) table.setFile(file)
  }
  const writer = table.writing === log ? tools.writer() : null
  if (writer) {
    await writer.refill({ operations, filled, bytes: placement.bytes, onDurable })
  } else {
    const standing = new Map([
      [`log ${log}`, () => ({ type: 'put', key: logKey(log), value: encodeLogRow(row) }) as const],
    ])
    await commits.submit({
      operations,
      standing,
      bytes: run.events.reduce((sum, event) => sum + (event.kind === 'event' ? event.encoded.length : 32), 0),
      onDurable: () => {
        onDurable()
        table.setLog(log, row, difference(placesOf(events), [{ from: 0, to: before.events }]))
      },
    })
  }
  if (countOf(filled) > 0) table.tellAdded(log, filled)
}

function placesOf(events: readonly CheckedEvent[]): Ranges {
  return toRanges(events.map(({ offset }) => ({ from: offset, to: offset + 1 })))
}

function rowAfter(before: LogRow, events: readonly CheckedEvent[], bytes: number): LogRow {
  const stubs: OffsetRange[] = []
  const whole: OffsetRange[] = []
  let { hostName, last } = before
  for (const each of events) {
    const { offset } = each
    ;(each.kind === 'stub' ? stubs : whole).push({ from: offset, to: offset + 1 })
    if (each.kind === 'stub') continue
    if (each.event.body.kind === 'open') hostName = each.event.body.hostName
    if (offset >= before.events) last = each.event.time
  }
  const end = events.at(-1)
  const grown = end !== undefined && end.offset >= before.events
  // Between what was held and what came nothing stands yet.
  const gap = { from: before.events, to: events[0]?.offset ?? 0 }
  return {
    ...before,
    hostName,
    last,
    bytes: before.bytes + bytes,
    events: grown ? end.offset + 1 : before.events,
    chain: grown ? end.chain : before.chain,
    lost: toRanges([...difference(before.lost, toRanges(whole)), ...stubs, gap]),
  }
}

function emptyRow(hasher: Hasher, publicKey: Uint8Array): LogRow {
  const host = hostIdOf(hasher, publicKey)
  // Until the event that opens the log is here, its host has no name but its id.
  const hostName = host.slice(0, 8)
  const last = { ms: 0, counter: 0 }
  return { host, hostName, publicKey, events: 0, bytes: 0, chain: firstChain, last, lost: [] }
}

function tellClock(tools: StoreRunTools, log: LogId, events: readonly CheckedEvent[]): void {
  const latest = Math.max(...events.map((each) => (each.kind === 'event' ? each.event.time.ms : 0)), 0)
  const aheadMs = latest - tools.clock.now()
  if (aheadMs > aheadMaxMs) tools.events.clockAhead(log, aheadMs)
}
