import type { Cursor, CursorKey } from '../core/cursor.js'
import type {
  Event,
  EventId,
  EventKind,
  EventPiece,
  EventRef,
  FileFacts,
  HostId,
  HybridTime,
  LogId,
  NewEvent,
  Piece,
} from '../core/event.js'
import type { OffsetRange } from '../core/ranges.js'
import type { HistoryStep } from '../core/replay-plan.js'

/** An event as the log holds it. */
export interface LoggedEvent {
  readonly event: Event
  /** The encoded event: what `digest` is the SHA-256 of. */
  readonly encoded: Uint8Array
  readonly chain: Uint8Array
}

export type { OffsetRange } from '../core/ranges.js'

export interface LogInfo {
  readonly log: LogId
  readonly host: HostId
  readonly hostName: string
  /** True for the log that this store writes. */
  readonly writing: boolean
  /** Number of acknowledged events: the head is `events - 1`. */
  readonly events: number
  /** Payload bytes of the acknowledged events. */
  readonly bytes: number
  /** Chain value at the head, 32 bytes. */
  readonly chain: Uint8Array
  readonly last: HybridTime | null
  /** Offsets whose events are damaged or missing here. */
  readonly lost: readonly OffsetRange[]
}

/** A file of one host, as the log knows it. */
export interface LoggedFile {
  /** This store's own number for it. */
  readonly no: number
  readonly log: LogId
  /** The latest facts that its events carry. */
  readonly facts: FileFacts
}

export interface HistoryRow extends HistoryStep {
  readonly time: HybridTime
}

/** Reading the log. Everything returned was checked against its sum. */
export interface LogReader {
  logs(): readonly LogInfo[]
  log(log: LogId): LogInfo | undefined
  /** Throws STORE_DAMAGED where the event is not there or not what was written. */
  read(id: EventId): Promise<LoggedEvent>
  /** Events in offset order from `from` up to but excluding `to`. Throws STORE_DAMAGED at the first bad one. */
  scan(log: LogId, from: number, to: number): AsyncIterable<LoggedEvent>
  /** Events of these kinds that are about no file, by log and offset. Damaged ones are passed over. */
  hostEvents(kinds: readonly EventKind[]): AsyncIterable<LoggedEvent>
  /** Every file of every log, in no particular order. */
  files(): Iterable<LoggedFile>
  file(log: LogId, key: CursorKey): LoggedFile | undefined
  /** A file's rows in offset order, from offset `from` (default: the first) up to but excluding `to` (default: all). */
  history(file: LoggedFile, to?: number, from?: number): AsyncIterable<HistoryRow>
  /** A file's last row, or undefined where nothing is known of it. */
  lastRow(file: LoggedFile): Promise<HistoryRow | undefined>
  /** The bytes that a piece names. Throws STORE_DAMAGED. */
  bytes(piece: EventPiece): Promise<Uint8Array>
}

export interface CursorChange {
  readonly key: CursorKey
  /** null forgets the cursor. */
  readonly cursor: Cursor | null
}

/** What is being done to a file; kept until it is seen to be done. */
export type Intent = RestoreIntent | WriteIntent

/** What recovery still has to put in place for one file. */
export interface RestoreIntent {
  readonly kind: 'restore'
  readonly key: CursorKey
  /** The content to restore: that of this epoch of the file, as of this many events of its log. */
  readonly log: LogId
  readonly epoch: number
  readonly events: number
  /** Bytes of the damaged file from here on were written after the damage and stay: see `restoreTarget`. */
  readonly keepFrom: number | null
}

/** What write-back is putting into one file: after its first `keep` bytes these pieces, `length` bytes in all. */
export interface WriteIntent {
  readonly kind: 'write'
  readonly key: CursorKey
  /** The generation that the file is in afterwards: the present one where it is only added to. */
  readonly epoch: number
  readonly keep: number
  readonly pieces: readonly Piece[]
  readonly heads: readonly EventRef[]
  readonly length: number
}

export interface IntentChange {
  readonly key: CursorKey
  readonly intent: Intent | null
}

/** One indivisible change: events, the cursors that they move, and intents. */
export interface Commit {
  readonly events: readonly NewEvent[]
  readonly cursors?: readonly CursorChange[]
  readonly intents?: readonly IntentChange[]
}

/**
 * Writing this host's log. `append` gives events their places in call order and returns at once; the promise
 * resolves when the batch that holds the whole commit is synced (group commit: all that waits goes into the next
 * batch). It has copied the payloads when it returns: their memory may be used again. A failure is fatal: the writer
 * refuses everything from then on.
 */
export interface LogWriter {
  readonly log: LogId
  /** The promise's value: offset of the first event of the commit (the head + 1 where it has no events). */
  append(commit: Commit): Promise<number>
  /** Payload bytes given to `append` and not yet durable. The caller pauses at `limits.queueMaxBytes`. */
  readonly pendingBytes: number
  /** Resolves when all that was given to `append` before is durable. */
  flush(): Promise<void>
}

/** This machine's own rows beside the log. */
export interface CursorStore {
  /** Every cursor, keyed by `cursorId`. */
  loadCursors(): Promise<Map<string, Cursor>>
  loadIntents(): Promise<readonly Intent[]>
}
