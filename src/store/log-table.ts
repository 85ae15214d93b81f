import { cursorId, type CursorKey } from '../engine/core/cursor.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { LogInfo, LoggedFile, OffsetRange } from '../engine/ports/log.js'
import type { Database } from './database.js'
import { fileKeyNumber, logKeyId, tableRange } from './keys.js'
import { decodeFileRow, decodeLogRow, type LogRow } from './row-codec.js'
import { entries } from './scan.js'

export type AddedListener = (log: LogId, range: OffsetRange) => void

/**
 * The acknowledged logs and files, in memory: what is here is durable. Small (a row a session), and asked for at
 * every observation and every `status`.
 */
export class LogTable {
  readonly #logs = new Map<LogId, LogRow>()
  readonly #files = new Map<string, LoggedFile>()
  readonly #listeners = new Set<AddedListener>()
  #nextFile = 1
  /** The log that this process writes, if any. */
  writing: LogId | null = null

  static async load(db: Database): Promise<LogTable> {
    const table = new LogTable()
    for await (const [key, value] of entries(db, tableRange('log'))) {
      const row = readable(() => decodeLogRow(value))
      if (row) table.setLog(logKeyId(key), row)
    }
    for await (const [key, value] of entries(db, tableRange('file'))) {
      const no = fileKeyNumber(key)
      const row = readable(() => decodeFileRow(value))
      if (row) table.setFile({ no, ...row })
      // The number stays taken: history rows stand under it.
      else table.#nextFile = Math.max(table.#nextFile, no + 1)
    }
    return table
  }

  row(log: LogId): LogRow | undefined {
    return this.#logs.get(log)
  }

  /** @param added what of the log stands behind the old head, where that is not all */
  setLog(log: LogId, row: LogRow, added?: readonly OffsetRange[]): void {
    const before = this.#logs.get(log)?.events ?? 0
    this.#logs.set(log, row)
    if (row.events > before) this.tellAdded(log, added ?? [{ from: before, to: row.events }])
  }

  /** Tells the listeners that these events became durable. `setLog` does so for what stands behind the old head. */
  tellAdded(log: LogId, ranges: readonly OffsetRange[]): void {
    for (const listener of this.#listeners) for (const range of ranges) listener(log, range)
  }

  /** Called when more of a log became durable. Returns how to end it. */
  onAdded(listener: AddedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  info(log: LogId): LogInfo | undefined {
    const row = this.#logs.get(log)
    if (!row) return undefined
    const { host, hostName, events, bytes, chain, lost } = row
    const last = events === 0 ? null : row.last
    return { log, host, hostName, writing: log === this.writing, events, bytes, chain, last, lost }
  }

  infos(): LogInfo[] {
    return [...this.#logs.keys()].toSorted().flatMap((log) => this.info(log) ?? [])
  }

  file(log: LogId, key: CursorKey): LoggedFile | undefined {
    return this.#files.get(fileId(log, key))
  }

  files(): Iterable<LoggedFile> {
    return this.#files.values()
  }

  setFile(file: LoggedFile): void {
    this.#files.set(fileId(file.log, file.facts), file)
    this.#nextFile = Math.max(this.#nextFile, file.no + 1)
  }

  /** A number that no file has. The caller must use it. */
  takeFileNumber(): number {
    return this.#nextFile++
  }
}

export function fileId(log: LogId, key: CursorKey): string {
  return `${log}\0${cursorId(key)}`
}

/**
 * undefined for a row that is damaged. Rows are derived from events: one of a log is rebuilt when the store is opened,
 * one of a file when the log's check misses it. To refuse the whole store for it would keep `recover` out too.
 */
function readable<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof HoldfastError) return undefined
    throw error
  }
}
