/**
 * The event model: what one immutable entry of a log says.
 *
 * Events carry the host's own facts and bytes, verbatim. Everything else (streams, records, views, conflicts)
 * is derived from them, so that every host that holds the same events derives the same things.
 */

/** 32 hex digits: 16 bytes of SHA-256 over the host's public key and the log's nonce. */
export type LogId = string

/** 32 hex digits: 16 bytes of SHA-256 over the host's public key. One host may have written several logs. */
export type HostId = string

/** The name of one event: its log and its dense position in that log (0, 1, 2 …). */
export interface EventId {
  readonly log: LogId
  readonly offset: number
}

/** A reference that also pins what it points at: the first 8 bytes (16 hex digits) of the event's digest. */
export interface EventRef extends EventId {
  readonly digest: string
}

/** Hybrid logical clock: milliseconds since 1970, and a counter that orders events within one millisecond. */
export interface HybridTime {
  readonly ms: number
  readonly counter: number
}

/** What a host knows about one of its files when it observes it. `path` is relative to the root, with `/`. */
export interface FileFacts {
  readonly root: string
  readonly format: string
  readonly path: string
  /** The home directory of the user whose file it is, absolute, as on that host. */
  readonly home: string
  /** The working directory that the session names, or null where it names none (yet). */
  readonly cwd: string | null
}

/** Bytes of an event: `length` bytes from byte `from` of what event `(log, offset)` brought. */
export interface EventPiece {
  readonly log: LogId
  readonly offset: number
  readonly from: number
  readonly length: number
}

/** A piece of a file: bytes of an event, or newlines that no event brought. */
export type Piece = EventPiece | { readonly newlines: number }

/** A generation of one file in one log. */
export interface EpochRef {
  readonly log: LogId
  readonly root: string
  readonly path: string
  readonly epoch: number
}

interface FileEvent {
  readonly file: FileFacts
  readonly epoch: number
}

/** The first event of every log: who writes it, and what it continues. */
export interface OpenBody {
  readonly kind: 'open'
  readonly hostName: string
  /** Ed25519 public key, SPKI DER. */
  readonly publicKey: Uint8Array
  /** With the public key, what the log's id is a hash of. */
  readonly logNonce: Uint8Array
  readonly platform: string
  readonly home: string
  /** Logs of this host that end here, with the number of events each had, and why a new one was opened. */
  readonly continues: readonly { readonly log: LogId; readonly events: number; readonly reason: string }[]
}

/** Bytes `[position, position + bytes.length)` of an epoch, as observed. */
export interface AppendBody extends FileEvent {
  readonly kind: 'append'
  readonly position: number
  readonly bytes: Uint8Array
}

/** The file was truncated or rewritten: a new epoch that begins with the first `keep` bytes of the last one. */
export interface ResetBody extends FileEvent {
  readonly kind: 'reset'
  readonly keep: number
}

/** What write-back or recovery put into the file after its first `keep` bytes. Exact: replay never merges. */
export interface WrittenBody extends FileEvent {
  readonly kind: 'written'
  readonly keep: number
  readonly pieces: readonly Piece[]
  readonly heads: readonly EventRef[]
  readonly length: number
  /** The file's digest (see `fileDigest`) after the write: 64 hex digits. */
  readonly digest: string
}

/** The epoch begins with `length` bytes that another log, or this one under another path, already holds. */
export interface BaseBody extends FileEvent {
  readonly kind: 'base'
  readonly source: EpochRef
  readonly length: number
  readonly digest: string
}

export interface RemoveBody extends FileEvent {
  readonly kind: 'remove'
}

/** The file now stands under another path; a `base` there continues it. A rotation into an archive is one. */
export interface MoveBody extends FileEvent {
  readonly kind: 'move'
  readonly to: { readonly root: string; readonly path: string }
}

/** The whole content of a small state file. Each one is an epoch of its own. */
export interface FileBody extends FileEvent {
  readonly kind: 'file'
  readonly bytes: Uint8Array
}

/** The only event that drops records from a view, and only what its heads cover. */
export interface ResolveBody {
  readonly kind: 'resolve'
  readonly stream: string
  readonly heads: readonly EventRef[]
  readonly pieces: readonly Piece[]
  /** How the person decided (`union`, `split`, `keep`, `undo`, …), for the report. */
  readonly choice: string
}

/** One entry of the project map: the folder `path` on `host` (null: on every host) is project `project`. */
export interface AliasBody {
  readonly kind: 'alias'
  readonly project: string
  /** Absolute, or `~/…` under the user's home; null unmaps the project on that host. */
  readonly path: string | null
  readonly host: HostId | null
}

export interface MilestoneBody {
  readonly kind: 'milestone'
  readonly name: string
  /** How many events of each log it names. */
  readonly have: Readonly<Record<LogId, number>>
}

/** An agent's process began, ended, or died without a clean end. */
export interface SessionBody {
  readonly kind: 'session-start' | 'session-end' | 'crash'
  readonly agent: string
  readonly pid: number
  readonly file: FileFacts | null
  readonly note: string
}

export interface RetireBody {
  readonly kind: 'retire'
  readonly host: HostId
}

/** A kind that a newer version writes: kept, counted and passed on as it is. */
export interface UnknownBody {
  readonly kind: 'unknown'
  readonly code: number
}

export type EventBody =
  | OpenBody
  | AppendBody
  | ResetBody
  | WrittenBody
  | BaseBody
  | RemoveBody
  | MoveBody
  | FileBody
  | ResolveBody
  | AliasBody
  | MilestoneBody
  | SessionBody
  | RetireBody
  | UnknownBody

export type EventKind = EventBody['kind']

/** A body that belongs to one file of the host that wrote it. */
export type FileEventBody = Extract<EventBody, FileEvent>

export interface Event {
  readonly log: LogId
  readonly offset: number
  readonly time: HybridTime
  /** The heads that the file contained when this was observed. The epoch's own previous event is implied. */
  readonly parents: readonly EventRef[]
  readonly body: EventBody
}

/** An event still to be given its place in the log. */
export interface NewEvent {
  readonly body: EventBody
  readonly parents?: readonly EventRef[]
}

export function isFileEvent(body: EventBody): body is FileEventBody {
  return 'epoch' in body
}
