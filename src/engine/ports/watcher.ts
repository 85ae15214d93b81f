/**
 * Hints that something below a folder may have changed. A hint may be missing (a sweep finds what it would have
 * told), late, doubled or wrong; it is never more than a reason to look.
 */
export interface Watcher {
  /**
   * Watches a folder and all below it. `onHint` gets the absolute path of a file or folder to look at.
   * `onBlind` is called, once, when this folder cannot be watched (limits, network mounts): poll it instead.
   * Resolves when hints for later changes are ensured, as far as the system allows.
   */
  watch(folder: string, onHint: (path: string) => void, onBlind: (reason: string) => void): Promise<Watch>
}

export interface Watch {
  close(): Promise<void>
}
