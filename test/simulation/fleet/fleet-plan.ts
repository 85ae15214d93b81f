import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { Plan } from '../plan.js'
import type { Writing } from '../host.js'
import type { LinkHabits } from './pipe.js'

/** What may go wrong in one run of many hosts. Each seed allows another mix. */
export interface FleetPlan {
  readonly hosts: number
  readonly links: LinkHabits
  /** How often a connection breaks at some byte, and how often one end of it falls silent. */
  readonly cutChance: number
  readonly silenceChance: number
  /** How often two machines lose sight of each other. */
  readonly partChance: number
  /** How often a session stays open instead of ending when both have all. */
  readonly liveChance: number
  /** How often a new connection is made between two machines that have one. */
  readonly doubleChance: number
  /** How wrong clocks are, and how often one jumps. */
  readonly skewMaxMs: number
  readonly jumpChance: number
  readonly homesDiffer: boolean
  /** How often an agent edits, cuts or deletes instead of appending. */
  readonly harmChance: number
  /** How often an agent stays on a file for a while. */
  readonly stayChance: number
  /** How hosts write back what comes from others; null: they don't. */
  readonly writing: Writing | null
  /** How often each befalls a machine. */
  readonly wipeChance: number
  readonly cloneChance: number
  readonly rollBackChance: number
  /** How often somebody decides a conflict, or takes such a decision back. Never drawn, only asked for. */
  readonly decideChance?: number
  /** Whether the last exchange is over sessions that stay open, or ones that end. */
  readonly endsLive: boolean
  /** What goes wrong within each machine. */
  readonly machine: Partial<Plan>
}

export function drawFleetPlan(random: SeededRandom): FleetPlan {
  const maybe = (chance: number, value: number): number => (random.chance(chance) ? value : 0)
  return {
    hosts: random.pick([2, 2, 3, 3, 4, 5]),
    links: {
      delayMaxMs: random.pick([1, 20, 400]),
      pieceMaxBytes: random.pick([40, 300, 4000, 100_000]),
      bytesPerMs: random.pick([20, 1000, 100_000]),
      bufferBytes: random.pick([200, 8000, 65_536]),
    },
    cutChance: random.pick([0, 0.2, 0.6]),
    silenceChance: maybe(0.3, 0.1),
    partChance: random.pick([0, 0.05, 0.15]),
    liveChance: random.pick([0, 0.5, 1]),
    doubleChance: random.pick([0, 0.3]),
    skewMaxMs: random.pick([0, 2000, 3_600_000]),
    jumpChance: maybe(0.4, 0.05),
    homesDiffer: random.chance(0.5),
    harmChance: random.pick([0, 0, 0.03, 0.15]),
    stayChance: random.pick([0, 0.1, 0.3]),
    writing: random.chance(0.25)
      ? null
      : { quietTimeMs: random.pick([0, 300, 5000]), policy: { back: true, onConflict: 'union' } },
    wipeChance: maybe(0.3, 0.03),
    cloneChance: maybe(0.3, 0.03),
    rollBackChance: maybe(0.3, 0.03),
    endsLive: random.chance(0.5),
    machine: {
      agents: { bigLineChance: 0, editChance: 0 },
      meddleChance: random.pick([0, 0.002, 0.01]),
      crashChance: random.pick([0, 0, 0.03, 0.08]),
      fullChance: 0,
      corruptChance: 0,
      rollBackChance: 0,
      moveChance: 0,
    },
  }
}
