import type { Random } from '../engine/ports/clock.js'

const nonceBytes = 16
const noncesPerDraw = 256

/** Nonces of 16 random bytes, drawn many at once: one by one they would cost more than an event's encoding. */
export class Nonces {
  readonly #random: Random
  #drawn: Uint8Array = new Uint8Array()
  #used = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Bytes that were not given out before. A view: copy what is kept. */
  next(): Uint8Array {
    if (this.#used === this.#drawn.length) {
      this.#drawn = this.#random.bytes(noncesPerDraw * nonceBytes)
      this.#used = 0
    }
    this.#used += nonceBytes
    return this.#drawn.subarray(this.#used - nonceBytes, this.#used)
  }
}
