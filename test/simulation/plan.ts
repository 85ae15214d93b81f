import type { SeededRandom } from '../fixtures-gen/random.js'
import type { AgentHabits } from './agents.js'
import type { DiskOptions } from './disk.js'
import type { WatcherFaults } from './watcher.js'

/** What may go wrong in one run. Each seed allows another mix, so that one kind of fault does not hide the next. */
export interface Plan {
  readonly disk: DiskOptions
  readonly watcher: WatcherFaults
  readonly agents: AgentHabits
  readonly blockBytes: number
  /** How often somebody acts between two calls of a port. */
  readonly meddleChance: number
  readonly crashChance: number
  readonly powerLossChance: number
  readonly fullChance: number
  /** How often something happens to the stopped store or the machine. */
  readonly corruptChance: number
  readonly rollBackChance: number
  readonly moveChance: number
}

export function drawPlan(random: SeededRandom): Plan {
  const maybe = (chance: number, value: number): number => (random.chance(chance) ? value : 0)
  return {
    disk: {
      tickMs: random.pick([1, 4, 1000]),
      births: random.chance(0.7),
      reuseChance: random.pick([0, 0.5, 1]),
    },
    watcher: {
      lossChance: random.pick([0, 0.1, 0.5, 1]),
      doubleChance: maybe(0.5, 0.3),
      delayMaxMs: random.pick([1, 20, 400]),
    },
    agents: { bigLineChance: maybe(0.15, 0.02), editChance: random.pick([0.05, 0.3, 0.6]) },
    blockBytes: random.pick([512, 4096]),
    meddleChance: random.pick([0, 0.002, 0.02]),
    crashChance: random.pick([0, 0.05, 0.15]),
    powerLossChance: random.pick([0, 0.5, 1]),
    fullChance: maybe(0.2, 0.02),
    corruptChance: maybe(0.2, 0.4),
    rollBackChance: maybe(0.2, 0.4),
    moveChance: maybe(0.1, 0.3),
  }
}
