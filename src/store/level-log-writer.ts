import { difference } from '../engine/core/ranges.js'
import { tick } from '../engine/core/clock.js'
import { cursorId } from '../engine/core/cursor.js'
import {
  isFileEvent,
  type Event,
  type EventBody,
  type FileEventBody,
  type FileFacts,
  type LogId,
} from '../engine/core/event.js'
import { pieceLength } from '../engine/core/replay-plan.js'
import type { Clock, Random } from '../engine/ports/clock.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { Commit, LoggedFile, LogWriter, OffsetRange } from '../engine/ports/log.js'
import type { Database, DatabaseOperation } from './database.js'
import { encodeEvent } from './event-codec.js'
import { eventDigest, nextChain, packValue, roomBytes, valueHeaderBytes } from './event-value.js'
import { GroupCommit } from './group-commit.js'
import { eventKey, fileKey, historyKey, hostEventKey, logKey, textKey } from './keys.js'
import { fileId, type LogTable } from './log-table.js'
import { Nonces } from './nonces.js'
import {
  encodeCursor,
  encodeFileRow,
  encodeHistoryRow,
  encodeIntent,
  encodeLogRow,
  type LogRow,
} from './row-codec.js'

export interface WriterTools {
  readonly db: Database
  readonly table: LogTable
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
}

/** Events of the own log that came back. */
export interface Refill {
  readonly operations: readonly DatabaseOperation[]
  /** The offsets that are lost no longer. */
  readonly filled: readonly OffsetRange[]
  /** Payload bytes that they bring. */
  readonly bytes: number
  readonly onDurable: () => void
}

/** Writes this host's log: gives each event its place, sum and chain, and commits in groups. */
export class LevelLogWriter implements LogWriter {
  readonly log: LogId
  readonly #tools: WriterTools
  readonly #commits: GroupCommit
  readonly #nonces: Nonces
  /** The log after everything that was given to `append`, durable or not. */
  #head: LogRow
  /** Files whose rows are on their way, by `fileId`. */
  readonly #newFiles = new Map<string, LoggedFile>()

  /** @param row the log as acknowledged; a new log's has no events */
  constructor(tools: WriterTools, log: LogId, row: LogRow) {
    this.#tools = tools
    this.#commits = new GroupCommit(tools.db)
    this.#nonces = new Nonces(tools.random)
    this.log = log
    this.#head = row
    tools.table.setLog(log, row)
    tools.table.writing = log
  }

  get pendingBytes(): number {
    return this.#commits.pendingBytes
  }

  flush(): Promise<void> {
    return this.#commits.flush()
  }

  async append(commit: Commit): Promise<number> {
    const before = this.#head
    const operations: DatabaseOperation[] = []
    const files: LoggedFile[] = []
    try {
      for (const { body, parents } of commit.events) this.#place(body, parents ?? [], operations, files)
    } catch (error) {
      // An event that can't be encoded takes no place: the next one must follow what is really there.
      this.#head = before
      for (const file of files) this.#newFiles.delete(fileId(file.log, file.facts))
      throw error
    }
    const head = this.#head
    const { table } = this.#tools
    const standing = new Map<string, () => DatabaseOperation>()
    for (const { key, cursor } of commit.cursors ?? []) {
      const id = cursorId(key)
      standing.set(`cursor ${id}`, () => textRow('cursor', id, cursor && encodeCursor(cursor)))
    }
    for (const { key, intent } of commit.intents ?? []) {
      const id = cursorId(key)
      standing.set(`intent ${id}`, () => textRow('intent', id, intent && encodeIntent(intent)))
    }
    standing.set('log', () => ({
      type: 'put',
      key: logKey(this.log),
      value: encodeLogRow({ ...head, lost: table.row(this.log)?.lost ?? [] }),
    }))
    await this.#commits.submit({
      operations,
      standing,
      bytes: head.bytes - before.bytes,
      onDurable: () => {
        // `lost` is the checker's to change while commits are under way.
        table.setLog(this.log, { ...head, lost: table.row(this.log)?.lost ?? [] })
        for (const file of files) {
          table.setFile(file)
          if (this.#newFiles.get(fileId(file.log, file.facts)) === file) {
            this.#newFiles.delete(fileId(file.log, file.facts))
          }
        }
      },
    })
    return before.events
  }

  /**
   * Puts events of this log back that the store lost; head and chain stay. Durable when it resolves.
   *
   * Where an append goes into the same batch, its row may still call them lost: until the next commit, or after a crash
   * until the next check. They are then refilled once more, which changes nothing.
   */
  async refill({ operations, filled, bytes, onDurable }: Refill): Promise<void> {
    const { table } = this.#tools
    this.#head = { ...this.#head, bytes: this.#head.bytes + bytes }
    const head = this.#head
    const whole = (): LogRow => ({ ...head, lost: difference(table.row(this.log)?.lost ?? [], filled) })
    const standing = new Map<string, () => DatabaseOperation>([
      ['log', () => ({ type: 'put', key: logKey(this.log), value: encodeLogRow(whole()) })],
    ])
    await this.#commits.submit({
      operations,
      standing,
      bytes,
      onDurable: () => {
        table.setLog(this.log, whole())
        onDurable()
      },
    })
  }

  #place(
    body: EventBody,
    parents: Event['parents'],
    operations: DatabaseOperation[],
    files: LoggedFile[],
  ): void {
    const { hasher, clock } = this.#tools
    const head = this.#head
    const offset = head.events
    const time = tick(head.last, clock.now())
    const room = this.#room(payloadBytes(body))
    const encoded = encodeEvent(
      { log: this.log, offset, time, parents, body },
      this.#nonces.next(),
      room?.subarray(valueHeaderBytes),
    )
    const chain = nextChain(hasher, head.chain, eventDigest(hasher, encoded))
    operations.push({
      type: 'put',
      key: eventKey(this.log, offset),
      value: packValue(hasher, chain, encoded, room),
    })
    if (isFileEvent(body)) {
      const file = this.#file(body.file, operations, files)
      const value = encodeHistoryRow({ ...historyOf(body), time })
      operations.push({ type: 'put', key: historyKey(file.no, offset), value })
    } else {
      operations.push({ type: 'put', key: hostEventKey(this.log, offset), value: Buffer.from(body.kind) })
    }
    this.#head = { ...head, events: offset + 1, bytes: head.bytes + payloadBytes(body), chain, last: time }
  }

  #room(payload: number): Buffer | undefined {
    const bytes = roomBytes(payload)
    if (bytes === null) return undefined
    return this.#tools.db.lend?.(bytes) ?? Buffer.allocUnsafeSlow(bytes)
  }

  #file(facts: FileFacts, operations: DatabaseOperation[], files: LoggedFile[]): LoggedFile {
    const { table } = this.#tools
    const id = fileId(this.log, facts)
    const known = this.#newFiles.get(id) ?? table.file(this.log, facts)
    if (known && sameFacts(known.facts, facts)) return known
    const file: LoggedFile = { no: known?.no ?? table.takeFileNumber(), log: this.log, facts }
    operations.push({ type: 'put', key: fileKey(file.no), value: encodeFileRow(file) })
    this.#newFiles.set(id, file)
    files.push(file)
    return file
  }
}

/** Puts a row that is named by text, or deletes it where there is no value. */
function textRow(table: 'cursor' | 'intent', name: string, value: Uint8Array | null): DatabaseOperation {
  const key = textKey(table, name)
  return value ? { type: 'put', key, value } : { type: 'del', key }
}

/** What the history row of a file event says. */
export function historyOf(body: FileEventBody): {
  kind: FileEventBody['kind']
  epoch: number
  position: number
  length: number
} {
  const { kind, epoch } = body
  switch (body.kind) {
    case 'append':
      return { kind, epoch, position: body.position, length: body.bytes.length }
    case 'reset':
      return { kind, epoch, position: body.keep, length: 0 }
    case 'written':
      return { kind, epoch, position: body.keep, length: sumOf(body.pieces.map(pieceLength)) }
    case 'base':
      return { kind, epoch, position: 0, length: body.length }
    case 'file':
      return { kind, epoch, position: 0, length: body.bytes.length }
    case 'remove':
    case 'move':
      return { kind, epoch, position: 0, length: 0 }
  }
}

export function payloadBytes(body: EventBody): number {
  return body.kind === 'append' || body.kind === 'file' ? body.bytes.length : 0
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0)
}

function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return (
    a.cwd === b.cwd && a.home === b.home && a.format === b.format && a.path === b.path && a.root === b.root
  )
}
