import { makeHistory } from '../../../fixtures-gen/histories.js'
import { SeededRandom } from '../../../fixtures-gen/random.js'
import { type FormatName, formats } from './formats.js'
import { checkConvergent, checkExact, checkLossless, checkReference, checkSettles } from './laws.js'

/** tame: hosts append, exchange and write back, and every fork made is known. wild: everything that happens to files. */
export type Temper = 'tame' | 'wild' | 'undoing'

/** Makes the history of a seed and holds every law against it. Throws an error that names the seed. */
export function checkHistory(name: FormatName, temper: Temper, seed: number | string): void {
  const full = `${name} ${temper} ${seed}`
  const random = new SeededRandom(`${full} order`)
  const wild = temper !== 'tame'
  const options = {
    hosts: 1 + random.int(4),
    steps: 3 + random.int(wild ? 22 : 30),
    skew: wild && random.chance(0.7),
    wild,
    undo: temper === 'undoing',
  }
  const format = formats[name]
  const history = makeHistory(full, format, options)
  try {
    checkReference(history, format)
    checkConvergent(history, format, random)
    checkLossless(history, format)
    if (!wild && format.shape !== 'whole') checkExact(history, format)
    checkSettles(history)
  } catch (error) {
    throw new Error(`history “${full}” breaks a law: ${(error as Error).message}`, { cause: error })
  }
}
