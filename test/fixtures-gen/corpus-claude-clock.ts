import { drawQuantile } from './corpus-draw.js'
import { claude } from './corpus-profile.js'
import type { SeededRandom } from './random.js'

/** Timestamps as sessions have them: mostly forwards by a second or so, now and then backwards. */
export class ClaudeClock {
  readonly #random: SeededRandom
  readonly #backwardsShare: number
  #nowMs: number

  constructor(random: SeededRandom, startMs: number) {
    this.#random = random
    this.#nowMs = startMs
    const { withBackwardTime } = claude.files
    this.#backwardsShare = random.chance(withBackwardTime) ? claude.backwardsShare / withBackwardTime : 0
  }

  /** The next line's time, in ms since 1970. */
  next(): number {
    const gapMs = drawQuantile(this.#random, claude.gapSeconds) * 1000
    const latest = this.#nowMs
    // One gap of a weekend is real, a year of them in one session is not.
    this.#nowMs += Math.min(gapMs, 3_600_000)
    if (!this.#random.chance(this.#backwardsShare)) return Math.floor(this.#nowMs)
    return Math.floor(latest - Math.max(1, drawQuantile(this.#random, claude.stepBackSeconds) * 1000))
  }

  get latestMs(): number {
    return Math.floor(this.#nowMs)
  }
}
