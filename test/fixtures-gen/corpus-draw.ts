import { quantileRanks } from './corpus-profile.js'
import type { Quantiles } from './corpus-profile.js'
import type { SeededRandom } from './random.js'

/** A value from a distribution known by its quantiles: log-linear between them. Values must be positive or zero. */
export function drawQuantile(random: SeededRandom, quantiles: Quantiles): number {
  const rank = random.float()
  let upper = 1
  while (upper < quantileRanks.length - 1 && rank >= (quantileRanks[upper] ?? 1)) upper++
  const low = quantileRanks[upper - 1] ?? 0
  const high = quantileRanks[upper] ?? 1
  const from = Math.log((quantiles[upper - 1] ?? 0) + 1e-6)
  const to = Math.log((quantiles[upper] ?? 0) + 1e-6)
  return Math.exp(from + ((rank - low) / (high - low)) * (to - from))
}

/** Draws names with probability proportional to their weights. */
export class WeightedNames<Name extends string> {
  readonly #names: readonly Name[]
  readonly #cumulative: readonly number[]

  constructor(weights: readonly (readonly [Name, number])[]) {
    let total = 0
    this.#names = weights.map(([name]) => name)
    this.#cumulative = weights.map(([, weight]) => (total += weight))
  }

  draw(random: SeededRandom): Name {
    const at = random.float() * (this.#cumulative.at(-1) ?? 0)
    const index = this.#cumulative.findIndex((bound) => at < bound)
    const name = this.#names[index]
    if (name === undefined) throw new RangeError('no weights to draw by')
    return name
  }
}
