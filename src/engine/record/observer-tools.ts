import type { Clock } from '../ports/clock.js'
import type { Files } from '../ports/files.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader, LogWriter } from '../ports/log.js'
import type { CursorTable } from './cursor-table.js'
import type { Problems } from './problems.js'
import type { WatchedRoot } from './watched-root.js'

/** What recording one file needs. */
export interface ObserverTools {
  readonly files: Files
  readonly reader: LogReader
  readonly writer: LogWriter
  readonly hasher: Hasher
  readonly clock: Clock
  readonly cursors: CursorTable
  readonly problems: Problems
  readonly roots: readonly WatchedRoot[]
  /** The home directory of the user whose files these are. */
  readonly home: string
  /** Whether the last run ended without saying so. */
  readonly unclean: boolean
}

/** What an observation came to. */
export type Outcome = 'unchanged' | 'recorded' | 'missing' | 'suspect' | 'skipped'
