/** Runs work on one thing strictly one after the other, and work on different things at once. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Starts `work` when all that was given for `key` before is over, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const result = before.then(work)
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key)
      })
    this.#last.set(key, settled)
    return result
  }
}
