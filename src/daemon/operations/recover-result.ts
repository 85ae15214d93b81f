import type { RestoredFile, UnmendedFile } from '../../engine/recover/recover.js'

/** Damage of a log (events `[from, to)`) or of a file, as `verify` and `recover` report it. */
export interface DamageRow {
  /** log: events of the store; else the file's own kind of damage. */
  readonly what: string
  readonly log?: string
  readonly from?: number
  readonly to?: number
  readonly root?: string
  readonly path?: string
}

export interface RecoverResult {
  /** Events that were read and checked. */
  readonly checked: number
  /** Events recorded of what happened while nobody recorded. */
  readonly recorded: number
  readonly restored: readonly RestoredFile[]
  /** All that was found damaged. */
  readonly damaged: readonly DamageRow[]
  /** What could not be mended. */
  readonly unmended: readonly (UnmendedFile | DamageRow)[]
  /** Left undone on purpose: a process has the file open. */
  readonly held: readonly UnmendedFile[]
  /** Suspect files that were accepted as they are. */
  readonly accepted: readonly { readonly root: string; readonly path: string }[]
  /** Files whose lost events were recorded anew from disk. */
  readonly refilled: number
  /** Files that were compared with the log at the end, byte by byte. */
  readonly verified: number
  /** Why a new log was opened, or null. */
  readonly newLog: string | null
  readonly dryRun: boolean
}
