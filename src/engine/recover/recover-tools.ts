import type { WritableFiles } from '../ports/files.js'
import type { Random } from '../ports/clock.js'
import type { CursorStore } from '../ports/log.js'
import type { Processes } from '../ports/processes.js'
import type { FileObserver } from '../record/file-observer.js'
import type { ObserverTools } from '../record/observer-tools.js'

/** What recovery needs besides what recording needs. */
export interface RecoverTools extends ObserverTools {
  readonly files: WritableFiles
  readonly random: Random
  readonly processes: Processes
  readonly observer: FileObserver
  readonly store: CursorStore
}

/** A file that recovery looked at, as people name it. */
export interface FilePlace {
  readonly root: string
  readonly path: string
}
