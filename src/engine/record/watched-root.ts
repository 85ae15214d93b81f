import type { Format } from '../formats/format.js'

/** A root as the recorder sees it: where it is, and which of the files below it are recorded. */
export interface WatchedRoot {
  readonly name: string
  readonly format: Format
  /** Absolute folder that is walked. */
  readonly base: string
  /** Whether a file, by its path relative to `base`, belongs to the root. */
  admits(path: string): boolean
  /** Whether a folder, by its path relative to `base`, may hold such files. */
  mayHold(folder: string): boolean
  /** How old the agent lets its files grow before it deletes them, in ms. */
  readonly cleanupAgeMs: number
}

/** How a file of the root is recorded, or null where it is not. */
export function kindOf(root: WatchedRoot, path: string): 'log' | 'state' | null {
  return root.admits(path) ? root.format.classify(path) : null
}

export function absolutePath(root: WatchedRoot, path: string): string {
  return path === '' ? root.base : `${root.base}/${path}`
}
