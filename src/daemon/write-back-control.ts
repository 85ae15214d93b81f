/** What a settled write-back did. */
export interface WriteBackSettled {
  readonly written: readonly { readonly root: string; readonly path: string }[]
  /** Left as they are on purpose: a live writer, an open conflict, a policy. */
  readonly held: readonly { readonly path: string; readonly reason: string }[]
}

/** What may be asked of the write-back that runs in this process. */
export interface WriteBackControl {
  /**
   * Resolves when every stream that got events before this call is written to this host's files, or is held.
   * `quietTimeMs`: how long after the last append by anyone but Holdfast a file counts as live; default: as configured.
   */
  settle(options: { readonly quietTimeMs?: number }): Promise<WriteBackSettled>
}
