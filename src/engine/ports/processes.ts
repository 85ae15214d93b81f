/** What runs on this machine, as far as this user may see it. */
export interface Processes {
  /**
   * Processes other than this one that hold the file open, for each path that any does. Where the system does not
   * tell (no /proc, no lsof), `known` is false.
   */
  holders(paths: readonly string[]): {
    readonly known: boolean
    readonly byPath: ReadonlyMap<string, readonly number[]>
  }
}
