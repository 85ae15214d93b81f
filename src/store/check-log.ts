import { compareTime } from '../engine/core/clock.js'
import { HoldfastError } from '../engine/core/errors.js'
import { isFileEvent, type Event, type LogId } from '../engine/core/event.js'
import type { Damage } from '../engine/ports/check.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { LogInfo } from '../engine/ports/log.js'
import type { Database } from './database.js'
import { decodeEvent } from './event-codec.js'
import { eventDigest, firstChain, nextChain, unpackValue } from './event-value.js'
import { eventKey, eventKeyOffset, historyKey, hostEventKey } from './keys.js'
import { historyOf } from './level-log-writer.js'
import type { LogTable } from './log-table.js'
import { decodeHistoryRow } from './row-codec.js'
import { entries } from './scan.js'
import { chainOverStubs } from './stub-chain.js'

export interface CheckProgress {
  (events: number, bytes: number): void
}

interface Walk {
  /** The next offset that must come. */
  expected: number
  /** The chain before it; null after a bad event, where the next one's link can't be checked. */
  chain: Uint8Array | null
}

/**
 * Reads a log from event `from` to its head and yields whatever is not as it was written. LevelDB opens cleanly over
 * lost and changed records, so density, sums and the chain are checked here. Costs a full read and a SHA-256.
 *
 * @param index also compare every file event with its row in the file's history (one lookup each)
 */
export async function* checkLog(
  db: Database,
  table: LogTable,
  hasher: Hasher,
  info: LogInfo,
  from: number,
  index: boolean,
  onProgress?: CheckProgress,
): AsyncGenerator<Damage> {
  const { log } = info
  const walk: Walk = { expected: from, chain: from === 0 ? firstChain : null }
  let bytes = 0
  for await (const [key, value] of entries(db, {
    gte: eventKey(log, from),
    lt: eventKey(log, Number.MAX_SAFE_INTEGER),
  })) {
    const offset = eventKeyOffset(key)
    if (offset >= info.events) {
      // The log's row is older than its events: the row was lost, not they.
      yield { log, from: info.events, to: offset + 1, what: 'head' }
      break
    }
    if (offset > walk.expected) {
      const hole = { from: walk.expected, to: offset }
      yield { log, ...hole, what: 'hole' }
      // A stub keeps the chain: what follows it is checked as if the event were here.
      walk.chain = walk.chain && (await chainOverStubs(db, hasher, log, hole, walk.chain))
    }
    walk.expected = offset + 1
    const found = checkEvent(hasher, log, offset, value, walk)
    if ('what' in found) yield found
    else if (index && !(await indexed(db, table, found)))
      yield { log, from: offset, to: offset + 1, what: 'index' }
    bytes += value.length
    if (offset % 256 === 0) onProgress?.(offset, bytes)
  }
  if (walk.expected < info.events) yield { log, from: walk.expected, to: info.events, what: 'hole' }
  else if (info.events > from && walk.chain && !equal(walk.chain, info.chain)) {
    yield { log, from: info.events - 1, to: info.events, what: 'head' }
  }
  onProgress?.(info.events, bytes)
}

function checkEvent(hasher: Hasher, log: LogId, offset: number, value: Buffer, walk: Walk): Damage | Event {
  const bad = (what: Damage['what']): Damage => ({ log, from: offset, to: offset + 1, what })
  try {
    const { chain, encoded } = unpackValue(hasher, value, log, offset)
    const event = decodeEvent(encoded)
    const previous = walk.chain
    if (event.log !== log || event.offset !== offset) {
      walk.chain = null
      return bad('misplaced')
    }
    walk.chain = Buffer.from(chain)
    if (previous && !equal(nextChain(hasher, previous, eventDigest(hasher, encoded)), chain))
      return bad('chain')
    return event
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    walk.chain = null
    return bad('changed')
  }
}

async function indexed(db: Database, table: LogTable, event: Event): Promise<boolean> {
  const { body } = event
  if (!isFileEvent(body)) {
    return (await db.get(hostEventKey(event.log, event.offset)))?.toString() === body.kind
  }
  const file = table.file(event.log, body.file)
  const row = file && (await db.get(historyKey(file.no, event.offset)))
  if (!row) return false
  try {
    const found = decodeHistoryRow(row, event.log, event.offset)
    const wanted = historyOf(body)
    return (
      found.kind === wanted.kind &&
      found.epoch === wanted.epoch &&
      found.position === wanted.position &&
      found.length === wanted.length &&
      compareTime(found.time, event.time) === 0
    )
  } catch {
    return false
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
