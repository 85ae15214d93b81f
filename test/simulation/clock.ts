import type { Clock } from '../../src/engine/ports/clock.js'

interface Due {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * Virtual time: a queue of what is due, by time and then by the order of asking. Time passes only when something of the
 * queue is run, or by `pass`; nothing here waits for the real clock.
 */
export class VirtualTime {
  #nowMs: number
  #order = 0
  readonly #due: Due[] = []

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Lets a moment pass without running what falls due in it: work takes time, too. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** Runs `run` once, `delayMs` from now. */
  schedule(delayMs: number, run: () => void): void {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, run }
    this.#order += 1
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#due[middle]
      // Equal times keep the order of asking: the new one has the highest number.
      if (other && other.atMs <= due.atMs) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, due)
  }

  /** Goes to the next thing that is due and runs it; false where nothing is. */
  runNext(): boolean {
    const next = this.#due.shift()
    if (!next) return false
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.run()
    return true
  }

  /** Whether something falls due within `ms`. */
  isDueWithin(ms: number): boolean {
    const [next] = this.#due
    return next !== undefined && next.atMs <= this.#nowMs + ms
  }

  /** The clock of one process: where that is dead, nothing wakes up any more. */
  clockFor(process: { readonly dead: boolean }): Clock {
    return {
      now: () => this.#nowMs,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) {
            resolve()
            return
          }
          const wake = (): void => {
            signal?.removeEventListener('abort', wake)
            if (!process.dead) resolve()
          }
          signal?.addEventListener('abort', wake, { once: true })
          this.schedule(ms, wake)
        }),
    }
  }
}

/** Resolves when all that can go on without time passing has gone on: every promise reaction, of every depth. */
export function settled(): Promise<void> {
  // One turn of the event loop: the queue of promise reactions is empty before it comes. No time is involved.
  return new Promise((resolve) => setImmediate(resolve))
}
