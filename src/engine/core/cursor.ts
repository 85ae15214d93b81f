import type { EventRef, FileFacts, Piece } from './event.js'

/** What tells one file from another on its machine. `dev` may change at a reboot, so a difference proves nothing. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
  /** Creation time in ms; 0 where the file system doesn't tell, which fits any. */
  readonly birthMs: number
}

/**
 * Why a file that differs from the log is kept out of history until someone decides: a crash may have done it.
 * See `assess`.
 */
export type SuspectReason = 'missing' | 'shortened' | 'nul-run'

export interface Suspect {
  readonly reason: SuspectReason
  /** Size of the damaged file when it was assessed, in bytes; 0 where it is missing. */
  readonly size: number
  readonly mtimeMs: number
  readonly foundMs: number
}

/** Bytes of a file that one write-back brought, and the heads that the file contained after it. */
export interface WriteMark {
  readonly from: number
  readonly to: number
  readonly heads: readonly EventRef[]
}

/** The most marks that a cursor keeps. */
export const maxMarks = 16

/** What write-back put into a file that nobody has added to since. */
export interface WrittenState {
  /** What of it no `written` event says yet: the file is its first `keep` bytes as logged, and these. */
  readonly unlogged: { readonly keep: number; readonly pieces: readonly Piece[] } | null
  /** By position. The next append of somebody else states their heads as its parents. */
  readonly marks: readonly WriteMark[]
  /** Modification time after the last write-back: where it still is, nobody else has touched the file. */
  readonly mtimeMs: number
}

/**
 * How far one file of this machine is in the log. Stored in the same batch as the events that moved it, so that
 * events and cursor never disagree.
 */
export interface Cursor {
  readonly facts: FileFacts
  /** The generation that is being recorded. */
  readonly epoch: number
  /** Bytes of this epoch that are in the log. */
  readonly position: number
  /** live: on disk when last seen; gone: its removal is recorded; moved: it lives on under another path. */
  readonly state: 'live' | 'gone' | 'moved'
  readonly identity: FileIdentity
  /** Size and modification time when last recorded: equal values let a sweep pass over the file. */
  readonly size: number
  readonly mtimeMs: number
  /** xxh64 of the last `tailLength` recorded bytes, 16 hex digits: notices a rewrite before the cursor. */
  readonly tailLength: number
  readonly tailHash: string
  /** Bytes that were compared with the log since they were recorded (see `settle`). */
  readonly checked: number
  /** Local clock at the last recorded change, in ms. */
  readonly changedMs: number
  readonly suspect: Suspect | null
  readonly written?: WrittenState | null
  /** What of other hosts' events was taken into account when the file was last found, or put, in order. */
  readonly mergedUpTo?: string
}

export interface CursorKey {
  readonly root: string
  readonly path: string
}

export function cursorId(key: CursorKey): string {
  return `${key.root}\0${key.path}`
}
