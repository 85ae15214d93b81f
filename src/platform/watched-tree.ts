/** What a tree of watched folders tells its owner. Paths are absolute. */
export interface TreeEvents {
  /** A reason to look at this file or folder. */
  onHint(path: string): void
  /** A watched folder may have been replaced by another one of its name: arm the whole tree anew. */
  onReplaced(): void
  /** The system allows no more watches, or none here. */
  onLimit(reason: string): void
}

/** Watches on a folder and all below it. */
export interface WatchedTree {
  /** Releases every watch. No event is told after the call. */
  close(): Promise<void>
}

/** Arms watches on an existing folder, by its real path. Resolves when changes are seen. */
export type OpenTree = (folder: string, events: TreeEvents) => Promise<WatchedTree>

/** Error codes that mean: no more watches. */
export const limitCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSYS'])
