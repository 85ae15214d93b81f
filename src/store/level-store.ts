import type { Cursor } from '../engine/core/cursor.js'
import { HoldfastError } from '../engine/core/errors.js'
import { isFileEvent, type LogId } from '../engine/core/event.js'
import type { Damage } from '../engine/ports/check.js'
import type { Clock, Random } from '../engine/ports/clock.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { PeerIdentity, Replica } from '../engine/ports/replica.js'
import type { CursorStore, Intent, LogReader, OffsetRange } from '../engine/ports/log.js'
import { checkLog, type CheckProgress } from './check-log.js'
import { writeSynced, type Database, type DatabaseOperation } from './database.js'
import { decodeEvent } from './event-codec.js'
import { firstChain, unpackValue } from './event-value.js'
import {
  eventKey,
  eventKeyOffset,
  fileKey,
  historyKey,
  hostEventKey,
  logKey,
  pointKey,
  tableRange,
  textKey,
  textKeyName,
} from './keys.js'
import { LevelLogReader } from './level-log-reader.js'
import { historyOf, LevelLogWriter, payloadBytes } from './level-log-writer.js'
import { LevelReplica, type ReplicaOptions } from './level-replica.js'
import { LogTable } from './log-table.js'
import { ReplicaLog } from './replica-log.js'
import { readRuns } from './replica-read.js'
import { encodePointRow } from './replica-rows.js'
import {
  decodeCursor,
  decodeIntent,
  encodeFileRow,
  encodeHistoryRow,
  encodeLogRow,
  type LogRow,
} from './row-codec.js'
import { entries } from './scan.js'
import { Turns } from './turns.js'
import { unlistedLogs } from './unlisted-logs.js'

export interface StoreTools {
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
}

/** The layout of the store as a whole. Raised when an older Holdfast could no longer read it. */
export const storeVersion = 1

/** Who writes a new log. */
export interface NewLog {
  readonly log: LogId
  readonly host: string
  readonly hostName: string
  readonly publicKey: Uint8Array
}

/** The store of this host: events, cursors, and rows about itself. Owns the database. */
export class LevelStore implements CursorStore {
  readonly #db: Database
  readonly #tools: StoreTools
  readonly #table: LogTable
  /** Changes of one log's rows that are not its writer's: one after the other. */
  readonly #turns = new Turns()
  #writer: LevelLogWriter | null = null
  readonly reader: LogReader

  private constructor(db: Database, tools: StoreTools, table: LogTable) {
    this.#db = db
    this.#tools = tools
    this.#table = table
    this.reader = new LevelLogReader(db, table, tools.hasher)
  }

  /**
   * Takes over an open database; closes it where it can't be used.
   * @throws HoldfastError STORE_NEWER, STORE_DAMAGED
   */
  static async open(db: Database, tools: StoreTools): Promise<LevelStore> {
    try {
      const version = await db.get(textKey('meta', 'version'))
      const found = version ? Number(version.toString('utf8')) : null
      if (found !== null && !(found <= storeVersion)) {
        throw new HoldfastError(
          'STORE_NEWER',
          `the store is of version ${found}; this Holdfast knows versions up to ${storeVersion}`,
        )
      }
      if (found === null) await writeSynced(db, [meta('version', String(storeVersion))])
      const table = await LogTable.load(db)
      const store = new LevelStore(db, tools, table)
      for (const { log, row } of await unlistedLogs(db, table, tools.hasher)) {
        table.setLog(log, row)
        await store.rebuildIndex(log)
      }
      return store
    } catch (error) {
      await db.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#db.close()
  }

  /** Opens this host's log for writing; a new one gets its row with its first commit. */
  openWriter(log: LogId, create?: NewLog): LevelLogWriter {
    const row = this.#table.row(log) ?? (create && newRow(create))
    if (!row) throw new HoldfastError('INTERNAL', `log ${log} is neither known nor new`)
    this.#writer = new LevelLogWriter({ db: this.#db, table: this.#table, ...this.#tools }, log, row)
    return this.#writer
  }

  /** Opens the door for peers: what they may have of this store, and what it takes from them. One a store. */
  openReplica(options: ReplicaOptions): Replica {
    const { hasher, clock } = this.#tools
    const inside = { db: this.#db, table: this.#table, turns: this.#turns, writer: () => this.#writer }
    return new LevelReplica({ ...inside, hasher, clock, ...options })
  }

  /** Called when more of a log became durable here, with the range. Returns how to end it. */
  onAdded(listener: (log: LogId, range: OffsetRange) => void): () => void {
    return this.#table.onAdded(listener)
  }

  /**
   * Signs the logs that were written under this key and keeps the points, so that peers can still be shown what the logs
   * hold when the key is gone. Reads them whole.
   */
  async keepOwnPoints(identity: PeerIdentity): Promise<void> {
    const { hasher } = this.#tools
    const log = new ReplicaLog(this.#db, this.#table, hasher)
    const tools = { db: this.#db, table: this.#table, hasher, log, identity }
    for (const { log: id, events } of this.#table.infos()) {
      if (Buffer.compare(this.#table.row(id)?.publicKey ?? Buffer.of(), identity.publicKey) !== 0) continue
      for await (const { point } of readRuns(tools, id, { from: 0, to: events })) {
        const value = encodePointRow(hasher, point)
        await writeSynced(this.#db, [{ type: 'put', key: pointKey(id, point.events), value }])
      }
    }
  }

  /** A text that this store keeps about itself. */
  async getMeta(name: string): Promise<string | undefined> {
    return (await this.#db.get(textKey('meta', name)))?.toString('utf8')
  }

  async setMeta(name: string, value: string): Promise<void> {
    await writeSynced(this.#db, [meta(name, value)])
  }

  async loadCursors(): Promise<Map<string, Cursor>> {
    const cursors = new Map<string, Cursor>()
    for await (const [key, value] of entries(this.#db, tableRange('cursor'))) {
      try {
        cursors.set(textKeyName(key), decodeCursor(value))
      } catch (error) {
        // A lost cursor costs a comparison of its file with the log, nothing else: the recorder rebuilds it.
        if (!(error instanceof HoldfastError)) throw error
      }
    }
    return cursors
  }

  async loadIntents(): Promise<readonly Intent[]> {
    const intents: Intent[] = []
    for await (const [, value] of entries(this.#db, tableRange('intent'))) {
      try {
        intents.push(decodeIntent(value))
      } catch (error) {
        // One lost intent must not keep every other file from being mended; what it meant to restore is in the log.
        if (!(error instanceof HoldfastError)) throw error
      }
    }
    return intents
  }

  /** See `checkLog`. */
  check(log: LogId, from: number, index: boolean, onProgress?: CheckProgress): AsyncIterable<Damage> {
    const info = this.#table.info(log)
    if (!info) throw new HoldfastError('INTERNAL', `log ${log} is not known`)
    return checkLog(this.#db, this.#table, this.#tools.hasher, info, from, index, onProgress)
  }

  /** Replaces what is known to be lost of a log: reads go around it and the reports name it. */
  setLost(log: LogId, lost: readonly OffsetRange[]): Promise<void> {
    return this.#turns.run(log, async () => {
      const row = this.#table.row(log)
      if (!row) return
      const next = { ...row, lost }
      await writeSynced(this.#db, [{ type: 'put', key: logKey(log), value: encodeLogRow(next) }])
      this.#table.setLog(log, next)
    })
  }

  /**
   * Rebuilds what is derived from a log's events: files, their histories, counts and head. Events that can't be read
   * are passed over. No writer may be open.
   */
  rebuildIndex(log: LogId): Promise<void> {
    return this.#turns.run(log, () => this.#rebuildIndex(log))
  }

  async #rebuildIndex(log: LogId): Promise<void> {
    const row = this.#table.row(log)
    if (!row) return
    let operations: DatabaseOperation[] = []
    let next: LogRow = { ...row, bytes: 0 }
    const range = { gte: eventKey(log, 0), lt: eventKey(log, Number.MAX_SAFE_INTEGER) }
    for await (const [key, stored] of entries(this.#db, range)) {
      const offset = eventKeyOffset(key)
      try {
        const { chain, encoded } = unpackValue(this.#tools.hasher, stored, log, offset)
        const { body, time } = decodeEvent(encoded)
        next = { ...next, bytes: next.bytes + payloadBytes(body) }
        if (offset >= next.events - 1) next = { ...next, events: offset + 1, chain, last: time }
        if (!isFileEvent(body)) {
          operations.push({ type: 'put', key: hostEventKey(log, offset), value: Buffer.from(body.kind) })
          continue
        }
        const known = this.#table.file(log, body.file)
        const file = { no: known?.no ?? this.#table.takeFileNumber(), log, facts: body.file }
        this.#table.setFile(file)
        operations.push({ type: 'put', key: fileKey(file.no), value: encodeFileRow(file) })
        const value = encodeHistoryRow({ ...historyOf(body), time })
        operations.push({ type: 'put', key: historyKey(file.no, offset), value })
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error
      }
      if (operations.length >= 2000) {
        await writeSynced(this.#db, operations)
        operations = []
      }
    }
    operations.push({ type: 'put', key: logKey(log), value: encodeLogRow(next) })
    await writeSynced(this.#db, operations)
    this.#table.setLog(log, next)
  }
}

function newRow({ host, hostName, publicKey }: NewLog): LogRow {
  const last = { ms: 0, counter: 0 }
  return { host, hostName, publicKey, events: 0, bytes: 0, chain: firstChain, last, lost: [] }
}

function meta(name: string, value: string): DatabaseOperation {
  return { type: 'put', key: textKey('meta', name), value: Buffer.from(value, 'utf8') }
}
