import type { Random } from '../../src/engine/ports/clock.js'

/** Seeded random numbers (sfc32): the same seed gives the same sequence on every machine. No secrets from here. */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** Any number or text may be a seed. */
  constructor(seed: number | string) {
    let state = hashText(String(seed))
    const mix = (): number => {
      // The finaliser of MurmurHash3, stepped by the golden ratio: neighbouring seeds give unrelated sequences.
      state = (state + 0x9e3779b9) | 0
      let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
      return word ^ (word >>> 16)
    }
    this.#a = mix()
    this.#b = mix()
    this.#c = mix()
    for (let round = 0; round < 12; round++) this.word()
  }

  /** 32 random bits as an unsigned integer. */
  word(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** A number in [0, 1). */
  float(): number {
    return this.word() / 0x1_0000_0000
  }

  /** An integer in [0, bound). */
  int(bound: number): number {
    return Math.floor(this.float() * bound)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.int(values.length)]
    if (value === undefined) throw new RangeError('nothing to pick from')
    return value
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() & 0xff)
  }

  /** Hex digits, in lower case. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.word().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  /** A version 4 UUID. */
  uuid(): string {
    const digits = this.hex(32)
    const variant = (8 + (this.word() & 3)).toString(16)
    const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`]
    return [...parts, `${variant}${digits.slice(17, 20)}`, digits.slice(20)].join('-')
  }
}

/** FNV-1a over the UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
