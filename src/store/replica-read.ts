import { difference } from '../engine/core/ranges.js'
import type { LogId } from '../engine/core/event.js'
import { limits } from '../engine/core/limits.js'
import { signedPointBytes } from '../engine/core/signed-point.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type {
  EventRun,
  LogIdentity,
  PeerIdentity,
  SignedPoint,
  WireEvent,
  Withhold,
} from '../engine/ports/replica.js'
import type { Database } from './database.js'
import { decodeEvent } from './event-codec.js'
import { nextChain } from './event-value.js'
import { eventKeyOffset, pointKey } from './keys.js'
import type { LogTable } from './log-table.js'
import type { Held, ReplicaLog } from './replica-log.js'
import { decodePointRow } from './replica-rows.js'
import { Withheld } from './replica-withheld.js'
import { entries } from './scan.js'

const runMaxEvents = 65_536

export interface ReadTools {
  readonly db: Database
  readonly table: LogTable
  readonly hasher: Hasher
  readonly log: ReplicaLog
  readonly identity: PeerIdentity
  /** What is kept back goes as a stub. */
  readonly withhold?: Withhold | undefined
}

interface Open {
  readonly from: number
  readonly events: WireEvent[]
  bytes: number
}

/**
 * Runs that cover a range, each ending at a signed point: at any event of a log whose key is here, else where the point
 * was received. So a run may reach beyond the range. What stands before a hole and has no signed point after it ends with
 * the range and without a signature. What is not held is skipped.
 */
export async function* readRuns(tools: ReadTools, log: LogId, range: OffsetRange): AsyncGenerator<EventRun> {
  const row = tools.table.row(log)
  const identity = row && (await tools.log.identity(log))
  if (!row || !identity) return
  const gaps = difference(row.lost, await tools.log.stubs(log))
  const whole = difference([{ from: 0, to: row.events }], gaps)
  const wanted = { from: Math.max(0, range.from), to: Math.min(range.to, row.events) }
  for (const { from, to } of whole) {
    const start = Math.max(from, wanted.from)
    if (start >= Math.min(to, wanted.to)) continue
    if (Buffer.compare(identity.publicKey, tools.identity.publicKey) === 0)
      yield* signedHere(tools, identity, { from: start, to: Math.min(to, wanted.to) })
    else yield* signedByWriter(tools, identity, { from: start, to }, wanted.to)
  }
}

/** Signs where a run is full. The chain is followed first: what is signed must be so. */
async function* signedHere(
  tools: ReadTools,
  owner: LogIdentity,
  range: OffsetRange,
): AsyncGenerator<EventRun> {
  const { log: reader, identity, hasher } = tools
  const { log } = owner
  const add = adder(tools, log)
  let open: Open = { from: range.from, events: [], bytes: 0 }
  let chain = await reader.chainAt(log, range.from)
  const close = (end: Uint8Array): EventRun => {
    const events = open.from + open.events.length
    const signature = identity.sign(signedPointBytes(log, events, end))
    const run = { identity: owner, ...open, point: { log, events, chain: end, signature } }
    open = { from: events, events: [], bytes: 0 }
    return run
  }
  for await (const held of reader.walk(log, range)) {
    if (chain && Buffer.compare(nextChain(hasher, chain, held.digest), held.chain) !== 0) break
    chain = Uint8Array.from(held.chain)
    add(open, held)
    if (isFull(open)) yield close(chain)
  }
  if (chain && open.events.length > 0) yield close(chain)
}

/** Goes on behind `until` to the next point: before it nothing can be proved. */
async function* signedByWriter(
  tools: ReadTools,
  owner: LogIdentity,
  range: OffsetRange,
  until: number,
): AsyncGenerator<EventRun> {
  const { log } = owner
  const add = adder(tools, log)
  let open: Open = { from: range.from, events: [], bytes: 0 }
  /** The last point that was passed: a run may end there. */
  let last: { readonly point: SignedPoint; readonly count: number } | null = null
  const points = pointsOf(tools, log, range)
  let next = await points.next()
  let offset = range.from
  try {
    for await (const held of tools.log.walk(log, range)) {
      if (next.done && offset >= until) break
      add(open, held)
      offset += 1
      if (next.done || offset < next.value.events) continue
      if (last && isFull(open)) {
        const rest: WireEvent[] = open.events.slice(last.count)
        yield {
          identity: owner,
          from: open.from,
          events: open.events.slice(0, last.count),
          point: last.point,
        }
        open = { from: open.from + last.count, events: rest, bytes: bytesOf(rest) }
      }
      last = { point: next.value, count: open.events.length }
      if (offset >= until) break
      next = await points.next()
    }
  } finally {
    await points.return(undefined)
  }
  if (last)
    yield { identity: owner, from: open.from, events: open.events.slice(0, last.count), point: last.point }
  const rest = { from: open.from + (last?.count ?? 0), events: open.events.slice(last?.count ?? 0) }
  const events = rest.events.slice(0, Math.max(0, until - rest.from))
  const chain = await tools.log.chainAt(log, rest.from + events.length)
  if (events.length > 0 && chain) {
    const point = { log, events: rest.from + events.length, chain, signature: new Uint8Array() }
    yield { identity: owner, from: rest.from, events, point }
  }
}

async function* pointsOf(
  { db, hasher }: ReadTools,
  log: LogId,
  { from, to }: OffsetRange,
): AsyncGenerator<SignedPoint, undefined> {
  const range = { gte: pointKey(log, from + 1), lt: pointKey(log, to + 1) }
  for await (const [key, value] of entries(db, range)) {
    yield { log, events: eventKeyOffset(key), ...decodePointRow(hasher, value) }
  }
}

function isFull({ bytes, events }: Open): boolean {
  return bytes >= limits.batchMaxBytes || events.length >= runMaxEvents
}

function adder({ table, withhold }: ReadTools, log: LogId): (open: Open, held: Held) => void {
  const withheld = withhold && new Withheld(table, log, withhold)
  return (open, held) => {
    const wire = wireEvent(held, withheld)
    open.events.push(wire)
    open.bytes += bytesOf([wire])
  }
}

function wireEvent(held: Held, withheld: Withheld | undefined): WireEvent {
  const { kind, digest } = held
  if (kind === 'stub') return { kind, digest, reason: held.reason }
  if (withheld?.has(decodeEvent(held.encoded)) === true) return { kind: 'stub', digest, reason: 'withheld' }
  return { kind, encoded: held.encoded }
}

function bytesOf(events: readonly WireEvent[]): number {
  return events.reduce(
    (sum, event) => sum + (event.kind === 'event' ? event.encoded : event.digest).length,
    0,
  )
}
