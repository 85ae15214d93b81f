import type { Hasher } from '../../../src/engine/ports/hash.js'
import type { CheckerName } from '../failure.js'
import { InvariantBroken } from '../failure.js'
import type { ProcessLife } from '../process-life.js'
import type { SimulationResult } from '../simulation.js'
import { Trace } from '../trace.js'
import { Calamities } from './calamities.js'
import { finish } from './finish.js'
import { Fleet, type FleetPlants } from './fleet.js'
import type { Machine } from './machine.js'

export interface FleetOptions {
  readonly seed: number | string
  readonly steps: number
  readonly hasher: Hasher
  readonly hosts?: number
  readonly print?: (line: string) => void
  readonly plants?: FleetPlants
}

/** Runs one seed of many hosts, from empty machines to equal ones, with all checks. Never throws for a broken invariant. */
export async function simulateFleet(options: FleetOptions): Promise<SimulationResult> {
  const seed = String(options.seed)
  const trace = new Trace(options.print)
  const { hosts } = options
  const plants = options.plants ?? {}
  const plan = { ...plants.plan, ...(hosts === undefined ? {} : { hosts }) }
  const fleet = new Fleet(seed, options.hasher, trace, { ...plants, plan })
  trace.note(`plan ${JSON.stringify(fleet.plan)}`)
  const run = new FleetRun(fleet)
  let failure: SimulationResult['failure'] = null
  try {
    await run.steps(options.steps)
    await finish(fleet)
  } catch (error) {
    const checker: CheckerName | 'error' = error instanceof InvariantBroken ? error.checker : 'error'
    const message = error instanceof Error ? error.message : String(error)
    const stack = error instanceof Error ? (error.stack ?? message) : message
    failure = { checker, message: error instanceof InvariantBroken ? message : stack }
    trace.note(`broken: ${checker}: ${message}`)
  }
  return { seed, step: run.step, failure, hash: trace.digest(), tail: trace.tail() }
}

/** The steps of one run: agents act, machines meet, time passes, and things go wrong. */
class FleetRun {
  readonly #fleet: Fleet
  readonly #calamities: Calamities
  step = 0

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.#calamities = new Calamities(fleet)
  }

  async steps(count: number): Promise<void> {
    const fleet = this.#fleet
    for (const machine of fleet.machines) {
      // Some have files from before Holdfast.
      for (let left = fleet.random.int(4); left > 0; left -= 1) machine.world.act()
      if (fleet.random.chance(0.8)) await this.#start(machine)
    }
    for (this.step = 0; this.step < count; this.step += 1) {
      fleet.trace.note(`step ${this.step} at ${fleet.time.nowMs.toFixed(2)}`)
      const machine = fleet.random.pick(fleet.machines)
      if (machine.isUp) await this.#something(machine)
      else if (fleet.random.chance(0.5)) await this.#start(machine)
      else for (let left = fleet.random.int(3); left > 0; left -= 1) machine.world.act()
      machine.world.meddling = false
      await fleet.clearAway()
    }
  }

  async #start(machine: Machine): Promise<void> {
    const { random } = this.#fleet
    const { faults, plan } = machine.world
    const trap = (life: ProcessLife): void => {
      if (faults.chance(plan.crashChance)) this.#setTrap(machine, life)
    }
    const up = await this.#fleet.start(machine, random.chance(0.2), trap)
    if (up && random.chance(0.8)) await machine.session.sweep()
  }

  async #something(machine: Machine): Promise<void> {
    const fleet = this.#fleet
    const { random } = fleet
    const { world, session } = machine
    world.meddling = true
    if (world.faults.chance(world.plan.crashChance)) this.#setTrap(machine, session.life)
    if (await this.#calamities.maybe(machine)) return
    if (await this.#decided(machine)) return
    const dice = random.int(100)
    if (dice < 42) for (let left = 1 + random.int(4); left > 0; left -= 1) world.act()
    else if (dice < 58) await fleet.wait(random.chance(0.7) ? random.int(600) : random.int(70_000))
    else if (dice < 72) await session.sweep()
    else if (dice < 92) this.#meet(machine)
    else if (dice < 95) this.#endMeeting()
    else await fleet.stop(machine)
  }

  /** Somebody may decide a conflict here; now and then somebody at another machine decides about it as well. */
  async #decided(machine: Machine): Promise<boolean> {
    const { random, plan, deciders, up } = this.#fleet
    const { decideChance = 0 } = plan
    if (decideChance === 0 || !random.chance(decideChance)) return false
    const place = await deciders.decide(machine)
    // The process may have ended in it.
    if (!place) return !machine.isUp
    for (const other of up) {
      if (other === machine || !other.isUp || !random.chance(0.4)) continue
      await deciders.decideToo(other, place)
    }
    return true
  }

  #setTrap({ world: { faults, plan } }: Machine, life: ProcessLife): void {
    life.endAfter(faults.int(80), faults.chance(plan.powerLossChance) ? 'power-loss' : 'kill')
  }

  #meet(machine: Machine): void {
    const { random, up, meetings, plan, network } = this.#fleet
    const others = up.filter((each) => each !== machine && network.reaches(each.name, machine.name))
    if (others.length === 0) return
    const other = random.pick(others)
    if (meetings.between(machine, other).length > 0 && !random.chance(plan.doubleChance)) return
    const live = random.chance(plan.liveChance)
    this.#fleet.meet(machine, other, live ? 'live' : 'once', true)
  }

  #endMeeting(): void {
    const { random, meetings } = this.#fleet
    if (meetings.open.size === 0) return
    const meeting = random.pick([...meetings.open])
    if (random.chance(0.5)) meeting.stop.abort()
    else meeting.connection.reset()
  }
}
