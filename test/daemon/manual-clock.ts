import type { Clock, Random } from '../../src/engine/ports/clock.js'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** A clock that goes only when it is told to. The wall clock can go without the timers, as when a machine sleeps. */
export class ManualClock implements Clock {
  #timerMs = 0
  #wallMs = 1_000_000
  readonly #sleepers = new Set<Sleeper>()

  now(): number {
    return this.#wallMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        atMs: this.#timerMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake, { once: true })
    })
  }

  /** Lets time pass, with everything that it wakes on the way. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#timerMs + ms
    for (;;) {
      await quiet()
      const next = [...this.#sleepers].toSorted((a, b) => a.atMs - b.atMs)[0]
      if (!next || next.atMs > endMs) break
      this.#wallMs += next.atMs - this.#timerMs
      this.#timerMs = next.atMs
      next.wake()
    }
    this.#wallMs += endMs - this.#timerMs
    this.#timerMs = endMs
    await quiet()
  }

  /** The wall clock goes on while every timer stands still. */
  suspend(ms: number): void {
    this.#wallMs += ms
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Always the middle: waits are then three quarters of their length. */
export const middling: Random = { bytes: (length) => new Uint8Array(length).fill(0x80, 0, 1) }
