import type { LogId } from '../../engine/core/event.js'
import type { OffsetRange } from '../../engine/ports/log.js'
import { countOf, difference, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'

/**
 * What is still to be sent: per log in offset order, logs in turns, so that a new line need not wait for the import of
 * another log. Bounded by what a have-set can hold, as it names ranges, not events.
 */
export class SendQueue {
  /** A map keeps the order of its keys: the first is whose turn it is. */
  readonly #pending = new Map<LogId, Ranges>()

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** Number of events and stubs that wait. */
  get count(): number {
    let sum = 0
    for (const ranges of this.#pending.values()) sum += countOf(ranges)
    return sum
  }

  pending(log: LogId): Ranges {
    return this.#pending.get(log) ?? []
  }

  add(log: LogId, ranges: Ranges): void {
    const all = union(this.pending(log), ranges)
    if (all.length > 0) this.#pending.set(log, all)
  }

  /** The lowest range of the log whose turn it is; the log then goes to the end of the line. It stays pending. */
  turn(): { readonly log: LogId; readonly range: OffsetRange } | undefined {
    for (const [log, ranges] of this.#pending) {
      const [range] = ranges
      if (!range) continue
      this.#pending.delete(log)
      this.#pending.set(log, ranges)
      return { log, range }
    }
    return undefined
  }

  /** Whether another log waits for its turn. */
  othersThan(log: LogId): boolean {
    return this.#pending.size > (this.#pending.has(log) ? 1 : 0)
  }

  /** These are on their way, or will never be. */
  settle(log: LogId, ranges: Ranges): void {
    const left = difference(this.pending(log), ranges)
    if (left.length === 0) this.#pending.delete(log)
    // Setting a key that is there keeps its place in the line.
    else this.#pending.set(log, left)
  }

  /** Gives out all that is pending, and forgets it. */
  drain(take: (log: LogId, range: OffsetRange) => void): void {
    const all = [...this.#pending]
    this.#pending.clear()
    for (const [log, ranges] of all) for (const range of ranges) take(log, range)
  }

  drop(log: LogId): void {
    this.#pending.delete(log)
  }
}
