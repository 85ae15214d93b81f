import { isFileEvent, type FileFacts, type LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { LoggedFile } from '../engine/ports/log.js'
import type { DatabaseOperation } from './database.js'
import { packValue } from './event-value.js'
import { eventKey, fileKey, historyKey, hostEventKey, jointKey, stubKey } from './keys.js'
import { historyOf, payloadBytes } from './level-log-writer.js'
import { fileId, type LogTable } from './log-table.js'
import type { CheckedEvent } from './replica-check.js'
import { encodeStubRow } from './replica-rows.js'
import { encodeFileRow, encodeHistoryRow } from './row-codec.js'

/** The rows of events that came from a peer: the events themselves and all that is derived from them. */
export class Placement {
  readonly operations: DatabaseOperation[] = []
  /** Files that are new here, or whose facts are newer; to be told to the table when durable. */
  readonly files = new Map<string, LoggedFile>()
  /** Payload bytes of what was placed. */
  bytes = 0
  readonly #table: LogTable
  readonly #hasher: Hasher
  readonly #log: LogId

  constructor(table: LogTable, hasher: Hasher, log: LogId) {
    this.#table = table
    this.#hasher = hasher
    this.#log = log
  }

  /** @param latest whether the event stands behind all that is held: then its facts are the newest */
  place(checked: CheckedEvent, latest: boolean): void {
    const { offset, chain } = checked
    // From now on the event itself tells the chain after it.
    if (!latest) this.operations.push({ type: 'del', key: jointKey(this.#log, offset + 1) })
    if (checked.kind === 'stub') {
      this.#put(stubKey(this.#log, offset), encodeStubRow(this.#hasher, checked))
      return
    }
    const { body, time } = checked.event
    this.#put(eventKey(this.#log, offset), packValue(this.#hasher, chain, checked.encoded))
    // What fills a gap may stand where a stub kept its place.
    if (!latest) this.operations.push({ type: 'del', key: stubKey(this.#log, offset) })
    this.bytes += payloadBytes(body)
    if (isFileEvent(body)) {
      const file = this.#file(body.file, latest)
      this.#put(historyKey(file.no, offset), encodeHistoryRow({ ...historyOf(body), time }))
    } else this.#put(hostEventKey(this.#log, offset), Buffer.from(body.kind))
  }

  #file(facts: FileFacts, latest: boolean): LoggedFile {
    const id = fileId(this.#log, facts)
    const known = this.files.get(id) ?? this.#table.file(this.#log, facts)
    if (known && (!latest || sameFacts(known.facts, facts))) return known
    const file: LoggedFile = { no: known?.no ?? this.#table.takeFileNumber(), log: this.#log, facts }
    this.#put(fileKey(file.no), encodeFileRow(file))
    this.files.set(id, file)
    return file
  }

  #put(key: Buffer, value: Uint8Array): void {
    this.operations.push({ type: 'put', key, value })
  }
}

function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return a.cwd === b.cwd && a.home === b.home && a.format === b.format
}
