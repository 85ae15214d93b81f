/** What goes into the merge and what comes out of it. All of it is data; nothing here acts. */
import type { Event, EventRef, HostId, Piece } from '../event.js'

/** An event of one stream, with what its log knows about it. */
export interface StreamEvent {
  readonly event: Event
  /** SHA-256 of the encoded event, 64 hex digits. References name its first 16. */
  readonly digest: string
  readonly host: HostId
  /** For a `base` whose source belongs to another stream: the content that it stands for. */
  readonly source?: { readonly pieces: readonly Piece[]; readonly bytes: Uint8Array }
  /** For the stub of an `append` whose bytes are withheld or lost: how many there were. `bytes` is empty then. */
  readonly withheld?: number
}

/**
 * How branches may be merged. tree: records that name their parents, union in causal order. records: independent
 * records, union. ordered: records that depend on their order, no union. whole: no records; every concurrent value is
 * kept and the latest shows.
 */
export type MergeShape = 'tree' | 'records' | 'ordered' | 'whole'

/** What the merge wants to know of one line, its newline not included. */
export interface LineFacts {
  /** The record's own id, unique within a file at most. */
  readonly id: string | null
  /** What a person would read in it, on one line; null where there is nothing to read. */
  readonly text: string | null
}

/** What is special to an agent's files, as far as merging goes. Pure. */
export interface MergeFormat {
  readonly shape: MergeShape
  /** True where the agent replaces the whole file as a matter of course. */
  readonly rewrites: boolean
  /** null for a line that is no record of this format. */
  describe(line: Uint8Array): LineFacts | null
  /** Whether this is a whole file as the agent writes it. Asked only where `rewrites` is true. */
  wellFormed(content: Uint8Array): boolean
  /** A name shared by the lines of which the last one counts; null for all others. */
  lastWins(line: Uint8Array): string | null
}

/** A text as references to events, readable from any byte without building the rest. */
export interface StreamText {
  /** In bytes. */
  readonly length: number
  /** The bytes `[from, to)`; default: all. Neighbouring runs are joined. */
  slice(from?: number, to?: number): Piece[]
}

/** An unterminated last line of a host's file. It is not written to other hosts. */
export interface Tail {
  readonly host: HostId
  readonly path: string
  readonly length: number
  readonly pieces: readonly Piece[]
}

/** live: somebody has the file. removed: who wrote it removed it. moved: it lives on under another name. */
export type StreamState = 'empty' | 'live' | 'removed' | 'moved'

/** The canonical view: the same on every host that holds the same events. */
export interface CanonicalView {
  readonly text: StreamText
  readonly state: StreamState
  /** The heads that a file with this text contains: what a `written` says, and the next append's parents. */
  readonly heads: readonly EventRef[]
  readonly tails: readonly Tail[]
  /** True where bytes are withheld or lost: such a view is not written back. */
  readonly incomplete: boolean
}

/** What one host's file should be. */
export interface HostView {
  /** null where this host should have no file: it removed it, or moved it away. */
  readonly text: StreamText | null
  readonly heads: readonly EventRef[]
  /** own: the file is as it should be. canonical: the canonical view. branch: this host's branch of it. */
  readonly shows: 'own' | 'canonical' | 'branch' | 'less-dropped' | 'absent'
  readonly incomplete: boolean
}

/**
 * fork: two hosts (or two agents on one) continued the same text. rewrite: a reset dropped records that the log knows.
 * id-clash: a fork in which one record id stands for different bytes. values: concurrent values of a whole file.
 * remove: one host removed what another continued. unrelated: files of one name that share nothing. resolutions:
 * concurrent resolutions that differ.
 */
export type ConflictKind = 'fork' | 'rewrite' | 'id-clash' | 'values' | 'remove' | 'unrelated' | 'resolutions'

/** resolved: a resolution covers it. merged: an append covers it and nobody acknowledged it. */
export type ConflictStatus = 'open' | 'merged' | 'resolved'

export interface Branch {
  /** Where the branch ends, for `resolve` and for `branchText`. */
  readonly head: EventRef
  /** Who brought its records, sorted. */
  readonly hosts: readonly HostId[]
  /** Records that no other branch has. */
  readonly records: number
  /** When the first and the last of those were observed, in ms since 1970; of the head where there is none. */
  readonly fromMs: number
  readonly toMs: number
  /** The first and the last of those that a person can read. */
  readonly first: string | null
  readonly last: string | null
  /** Records that a reset on this branch dropped. */
  readonly dropped: number
  /** Records of this branch that are malformed and therefore stay out of a union. */
  readonly malformed: number
}

export interface Conflict {
  /** 16 hex digits, a function of where the branches part: stable while they grow, the same on every host. */
  readonly id: string
  readonly kind: ConflictKind
  readonly status: ConflictStatus
  /** The last record that all branches have. */
  readonly divergence: { readonly log: string; readonly offset: number; readonly text: string | null } | null
  /** By the key of their first own records. */
  readonly branches: readonly Branch[]
  /** Ids of records that stand for different bytes in different branches, sorted. */
  readonly clashes: readonly string[]
  /** Resolutions that cover every branch, oldest first. */
  readonly resolutions: readonly Resolution[]
}

export interface Resolution {
  readonly ref: EventRef
  readonly host: HostId
  readonly choice: string
  /** True where a later event undid it. */
  readonly undone: boolean
}

/** An event that the view does not contain yet, and what it waits for. */
export interface Waiting {
  readonly log: string
  readonly offset: number
  /** `log:offset` of an event that is not here; null where an earlier extent of its own file is missing. */
  readonly missing: string | null
}
