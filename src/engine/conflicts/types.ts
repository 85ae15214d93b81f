/** Conflicts as people and scripts see them: plain JSON values. */
import type { ConflictKind, ConflictStatus } from '../core/merge/types.js'

/** How a conflict can be resolved. */
export type ChoiceName = 'union' | 'split' | 'keep'

export interface BranchRow {
  /** The host that wrote where the branch ends, by name. */
  readonly host: string
  /** Everybody who brought records of it, by name, sorted. */
  readonly hosts: readonly string[]
  /** Records that no other branch has. */
  readonly records: number
  /** ISO times of the first and the last of those; of the head where there is none. */
  readonly from: string
  readonly to: string
  /** The first and the last of those that a person can read. */
  readonly first: string | null
  readonly last: string | null
  /** Records that a rewrite on this branch dropped. */
  readonly dropped: number
  /** Records of it that are malformed and stay out of a union. */
  readonly malformed: number
  /** Where it ends: `log:offset`. */
  readonly head: string
}

export interface ResolutionRow {
  readonly host: string
  readonly choice: string
  readonly time: string | null
  /** True where a later event undid it. */
  readonly undone: boolean
}

export interface ConflictRow {
  /** 16 hex digits, the same on every host. A unique prefix names it as well. */
  readonly id: string
  /** The stream's key. */
  readonly stream: string
  readonly root: string
  readonly format: string
  readonly project: string
  readonly session: string
  /** The file's path inside its project. */
  readonly file: string
  readonly kind: ConflictKind
  readonly status: ConflictStatus
  readonly branches: readonly BranchRow[]
  /** Record ids that stand for different bytes in different branches. */
  readonly clashes: readonly string[]
  readonly resolutions: readonly ResolutionRow[]
  /** The last record that all branches have, as a person reads it. */
  readonly divergence: string | null
  /** What `resolve` can do with it. */
  readonly choices: readonly ChoiceName[]
}

/** A tool that a record calls, and the argument that says most. */
export interface ToolCall {
  readonly name: string
  readonly detail: string
}

/** One record of a session as a person reads it. */
export interface Message {
  /** user, assistant, tool, system, a message log's sender, or the type of a record that is nobody's. */
  readonly role: string
  /** As the record itself says; null where it says nothing. */
  readonly time: string | null
  readonly text: string
  /** How many characters of the text were left out. */
  readonly cut: number
  readonly tools: readonly ToolCall[]
  readonly id: string | null
  /** Whether its id stands for other bytes in another branch. */
  readonly clash: boolean
  /** Whether it is no record of its format. */
  readonly malformed: boolean
  /** Length of the whole line. */
  readonly bytes: number
}

/** Some of a branch's own records, in order. */
export interface BranchPage {
  /** Position of the first one among the branch's own records. */
  readonly from: number
  readonly total: number
  readonly messages: readonly Message[]
}

export interface ConflictDetail {
  readonly conflict: ConflictRow
  /** The last records before the branches part. */
  readonly context: readonly Message[]
  /** One for each branch of the conflict, in its order. */
  readonly pages: readonly BranchPage[]
}

export interface TextDifference {
  readonly added: number
  readonly removed: number
  /** The first so many differing lines, with up to two that are equal before each run. */
  readonly lines: readonly { readonly sign: ' ' | '+' | '-'; readonly message: Message }[]
  /** Differing lines beyond those. */
  readonly more: number
}

export interface HostEffect {
  readonly host: string
  /** absent: this host removed its file and keeps none. */
  readonly change: 'unchanged' | 'appended' | 'rewritten' | 'absent'
  /** Bytes. */
  readonly before: number
  readonly after: number
  /** Lines. */
  readonly added: number
  readonly removed: number
}

export interface SplitSession {
  readonly session: string
  /** Whose branch it is. */
  readonly host: string
  /** Where its file goes on this host, absolute. */
  readonly path: string
  readonly length: number
  readonly digest: string
}

export interface ResolutionPreview {
  readonly conflict: ConflictRow
  readonly choice: ChoiceName
  /** The host whose branch stays under this name; null for a union. */
  readonly host: string | null
  /** The canonical view afterwards, in bytes, with its file digest. */
  readonly length: number
  readonly digest: string
  /** Against the canonical view as it is. */
  readonly difference: TextDifference
  readonly hosts: readonly HostEffect[]
  readonly sessions: readonly SplitSession[]
  /** Names what this preview was made from: `resolve` refuses with it where more arrived since. */
  readonly basis: string
}
