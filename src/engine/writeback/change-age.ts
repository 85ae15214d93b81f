import type { Clock } from '../ports/clock.js'

/** Files whose time of change lies in the future, and that are remembered. */
const futureMax = 20_000
/** What was first seen longer ago than this makes way for others. */
const futureKeepMs = 60_000

/**
 * How long ago a file was changed. A time in the future (a clock that jumped, a share whose server has another one)
 * counts from when it was first seen, so that no file counts as just written for ever.
 */
export class ChangeAge {
  readonly #clock: Clock
  /** When a future time of a path was first seen. */
  readonly #seen = new Map<string, { readonly mtimeMs: number; readonly sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** In ms, never negative. `settled` (in ms) is what a file gets for which there is no room. */
  of(path: string, mtimeMs: number, settledMs: number): number {
    const now = this.#clock.now()
    if (mtimeMs <= now) {
      this.#seen.delete(path)
      return now - mtimeMs
    }
    const seen = this.#seen.get(path)
    // A clock that was set back says nothing about what was seen before.
    if (seen?.mtimeMs === mtimeMs && seen.sinceMs <= now) return now - seen.sinceMs
    if (this.#seen.size >= futureMax) this.#forget(now)
    if (this.#seen.size >= futureMax && !seen) return settledMs
    this.#seen.set(path, { mtimeMs, sinceMs: now })
    return 0
  }

  #forget(now: number): void {
    for (const [path, { sinceMs }] of this.#seen) {
      if (now - sinceMs > futureKeepMs || sinceMs > now) this.#seen.delete(path)
    }
  }
}
