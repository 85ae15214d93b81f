import type { LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import { storeFailure, type Database } from './database.js'
import { decodeEvent } from './event-codec.js'
import { firstChain, unpackValue } from './event-value.js'
import { eventKey, eventKeyLog, logIdFromBytes, tableRange } from './keys.js'
import type { LogTable } from './log-table.js'
import type { LogRow } from './row-codec.js'

/**
 * Logs whose events are in the store but whose rows are not: LevelDB lost the row, or a repair of it did. The rows are
 * rebuilt from the events; a log's first one says who writes it. Costs a seek a log.
 */
export async function unlistedLogs(
  db: Database,
  table: LogTable,
  hasher: Hasher,
): Promise<{ readonly log: LogId; readonly row: LogRow }[]> {
  const found: { log: LogId; row: LogRow }[] = []
  const { lt } = tableRange('event')
  let { gte } = tableRange('event')
  for (;;) {
    const log = await firstLog(db, { gte, lt })
    if (log === null) return found
    if (!table.row(log)) found.push({ log, row: await rowOf(db, hasher, log) })
    gte = eventKey(log, Number.MAX_SAFE_INTEGER)
  }
}

async function firstLog(db: Database, range: { gte: Buffer; lt: Buffer }): Promise<LogId | null> {
  const iterator = db.iterator({ ...range, limit: 1, values: false })
  try {
    const [first] = await iterator.nextv(1)
    return first ? eventKeyLog(first[0]) : null
  } catch (error) {
    throw storeFailure(error)
  } finally {
    await iterator.close()
  }
}

async function rowOf(db: Database, hasher: Hasher, log: LogId): Promise<LogRow> {
  const unknown: LogRow = {
    host: '00'.repeat(16),
    hostName: 'unknown',
    publicKey: new Uint8Array(),
    events: 0,
    bytes: 0,
    chain: firstChain,
    last: { ms: 0, counter: 0 },
    lost: [],
  }
  try {
    const value = await db.get(eventKey(log, 0))
    const { body } = value ? decodeEvent(unpackValue(hasher, value, log, 0).encoded) : { body: null }
    if (body?.kind !== 'open') return unknown
    const host = logIdFromBytes(hasher.sha256(body.publicKey).subarray(0, 16))
    return { ...unknown, host, hostName: body.hostName, publicKey: body.publicKey }
  } catch {
    // Whose log it is can't be told; its events are kept and can be replayed by its id.
    return unknown
  }
}
