import type { CursorKey } from '../engine/core/cursor.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { EventId, EventKind, EventPiece, LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { HistoryRow, LoggedEvent, LoggedFile, LogInfo, LogReader } from '../engine/ports/log.js'
import { storeFailure, type Database } from './database.js'
import { decodeEvent } from './event-codec.js'
import { unpackValue } from './event-value.js'
import { eventKey, eventKeyLog, eventKeyOffset, historyKey, historyKeyOffset, tableRange } from './keys.js'
import type { LogTable } from './log-table.js'
import { decodeHistoryRow } from './row-codec.js'
import { entries } from './scan.js'

/** Reads the log from the store. Nothing is returned whose sum does not fit. */
export class LevelLogReader implements LogReader {
  readonly #db: Database
  readonly #table: LogTable
  readonly #hasher: Hasher

  constructor(db: Database, table: LogTable, hasher: Hasher) {
    this.#db = db
    this.#table = table
    this.#hasher = hasher
  }

  logs(): readonly LogInfo[] {
    return this.#table.infos()
  }

  log(log: LogId): LogInfo | undefined {
    return this.#table.info(log)
  }

  files(): Iterable<LoggedFile> {
    return this.#table.files()
  }

  file(log: LogId, key: CursorKey): LoggedFile | undefined {
    return this.#table.file(log, key)
  }

  async read({ log, offset }: EventId): Promise<LoggedEvent> {
    const value = await this.#get(eventKey(log, offset))
    if (!value) throw missing(log, offset)
    return this.#open(log, offset, value)
  }

  async *scan(log: LogId, from: number, to: number): AsyncGenerator<LoggedEvent> {
    let expected = from
    for await (const [key, value] of entries(this.#db, { gte: eventKey(log, from), lt: eventKey(log, to) })) {
      const offset = eventKeyOffset(key)
      if (offset !== expected) throw missing(log, expected)
      yield this.#open(log, offset, value)
      expected = offset + 1
    }
    if (expected < to) throw missing(log, expected)
  }

  async *hostEvents(kinds: readonly EventKind[]): AsyncGenerator<LoggedEvent> {
    for await (const [key, kind] of entries(this.#db, tableRange('host'))) {
      if (!kinds.includes(kind.toString() as EventKind)) continue
      try {
        yield await this.read({ log: eventKeyLog(key), offset: eventKeyOffset(key) })
      } catch (error) {
        if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') throw error
      }
    }
  }

  async *history(file: LoggedFile, to?: number, from = 0): AsyncGenerator<HistoryRow> {
    const range = { gte: historyKey(file.no, from), lt: historyKey(file.no, to ?? Number.MAX_SAFE_INTEGER) }
    for await (const [key, value] of entries(this.#db, range)) {
      yield decodeHistoryRow(value, file.log, historyKeyOffset(key))
    }
  }

  async lastRow(file: LoggedFile): Promise<HistoryRow | undefined> {
    const range = { gte: historyKey(file.no, 0), lt: historyKey(file.no, Number.MAX_SAFE_INTEGER) }
    for await (const [key, value] of entries(this.#db, { ...range, reverse: true, limit: 1 })) {
      return decodeHistoryRow(value, file.log, historyKeyOffset(key))
    }
    return undefined
  }

  async bytes(piece: EventPiece): Promise<Uint8Array> {
    const { event } = await this.read(piece)
    const { body } = event
    if (body.kind !== 'append' && body.kind !== 'file') {
      throw damaged(piece.log, piece.offset, `a ${body.kind} event brings no bytes`)
    }
    if (piece.from + piece.length > body.bytes.length) {
      throw damaged(piece.log, piece.offset, 'fewer bytes than a file refers to')
    }
    return body.bytes.subarray(piece.from, piece.from + piece.length)
  }

  #open(log: LogId, offset: number, value: Uint8Array): LoggedEvent {
    const { chain, encoded } = unpackValue(this.#hasher, value, log, offset)
    const event = decodeEvent(encoded)
    if (event.log !== log || event.offset !== offset) throw damaged(log, offset, 'another event stands there')
    return { event, encoded, chain }
  }

  async #get(key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#db.get(key)
    } catch (error) {
      throw storeFailure(error)
    }
  }
}

function damaged(log: LogId, offset: number, what: string): HoldfastError {
  return new HoldfastError('STORE_DAMAGED', `event ${log.slice(0, 8)}@${offset}: ${what}`)
}

function missing(log: LogId, offset: number): HoldfastError {
  return damaged(log, offset, 'missing from the store')
}
