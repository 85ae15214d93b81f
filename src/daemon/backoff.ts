import type { Random } from '../engine/ports/clock.js'

/** How the waits between attempts grow. */
export interface BackoffBounds {
  readonly firstMs: number
  readonly maxMs: number
  /** Each wait is so many times as long as the one before. */
  readonly factor: number
}

/**
 * Waits between attempts: they double up to a bound, each drawn from the upper half of its length, so that many hosts
 * that lost the same peer do not come back at one moment.
 */
export class Backoff {
  readonly #bounds: BackoffBounds
  readonly #random: Random
  #failures = 0

  constructor(bounds: BackoffBounds, random: Random) {
    this.#bounds = bounds
    this.#random = random
  }

  /** The wait before the next attempt, in ms; longer at every call until `reset`. */
  next(): number {
    const { firstMs, maxMs, factor } = this.#bounds
    const length = Math.min(maxMs, firstMs * factor ** this.#failures)
    // Past the bound nothing grows any more: an exponent that did would end at infinity.
    if (length < maxMs) this.#failures += 1
    return Math.round(length * (0.5 + this.#fraction() / 2))
  }

  /** All is well again: the next wait is a first one. */
  reset(): void {
    this.#failures = 0
  }

  /** From 0 up to but excluding 1. */
  #fraction(): number {
    const bytes = this.#random.bytes(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32
  }
}
