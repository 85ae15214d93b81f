import { cursorId, type CursorKey } from '../engine/core/cursor.js'
import type { LogId } from '../engine/core/event.js'
import type { LogInfo, LoggedFile } from '../engine/ports/log.js'
import type { Database } from './database.js'
import { fileKeyNumber, logKeyId, tableRange } from './keys.js'
import { decodeFileRow, decodeLogRow, type LogRow } from './row-codec.js'
import { entries } from './scan.js'

/**
 * The acknowledged logs and files, in memory: what is here is durable. Small (a row a session), and asked for at
 * every observation and every `status`.
 */
export class LogTable {
  readonly #logs = new Map<LogId, LogRow>()
  readonly #files = new Map<string, LoggedFile>()
  #nextFile = 1
  /** The log that this process writes, if any. */
  writing: LogId | null = null

  static async load(db: Database): Promise<LogTable> {
    const table = new LogTable()
    for await (const [key, value] of entries(db, tableRange('log'))) {
      table.setLog(logKeyId(key), decodeLogRow(value))
    }
    for await (const [key, value] of entries(db, tableRange('file'))) {
      table.setFile({ no: fileKeyNumber(key), ...decodeFileRow(value) })
    }
    return table
  }

  row(log: LogId): LogRow | undefined {
    return this.#logs.get(log)
  }

  setLog(log: LogId, row: LogRow): void {
    this.#logs.set(log, row)
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
