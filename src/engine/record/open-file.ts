import type { FileHandle, FileStat } from '../ports/files.js'
import type { WatchedRoot } from './watched-root.js'

/** A file that is being read: what it is, what is known of it, and what was seen when it was opened. */
export interface OpenFile {
  readonly root: WatchedRoot
  readonly path: string
  readonly handle: FileHandle
  readonly stat: FileStat
}
