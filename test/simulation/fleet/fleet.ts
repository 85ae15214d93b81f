import type { LogId } from '../../../src/engine/core/event.js'
import type { Hasher } from '../../../src/engine/ports/hash.js'
import type { Replica } from '../../../src/engine/ports/replica.js'
import { SeededRandom } from '../../fixtures-gen/random.js'
import type { MakeView } from '../checkers/convergent.js'
import type { ReportedConflict } from '../checkers/same-conflicts.js'
import { Settling } from '../checkers/settling.js'
import { settled, VirtualTime } from '../clock.js'
import { InvariantBroken } from '../failure.js'
import type { ProcessLife } from '../process-life.js'
import type { Trace } from '../trace.js'
import type { Plants } from '../world.js'
import { Deciders } from './deciders.js'
import { drawFleetPlan, type FleetPlan } from './fleet-plan.js'
import { Branchings } from './parted-logs.js'
import { SeededKeys } from './keys.js'
import { Machine, type MachineImage } from './machine.js'
import { Meetings, type Meeting } from './meetings.js'
import { Network } from './network.js'
import { SessionBook } from './session-book.js'
import { Writers } from './writers.js'

/** Deliberate defects of many hosts, for the proof that the checkers see them. */
export interface FleetPlants extends Omit<Plants, 'plan'> {
  readonly replica?: (replica: Replica, machine: Machine) => Replica
  readonly view?: MakeView
  /** What a machine tells of conflicts, given what it should. */
  readonly reported?: (told: readonly ReportedConflict[], machine: Machine) => readonly ReportedConflict[]
  /** Whether what the checkers let pass as known is held against the code as well. */
  readonly strict?: boolean
  readonly plan?: Partial<FleetPlan>
}

/** All machines of a run, what lies between them, and the one time of them all. */
export class Fleet {
  readonly plan: FleetPlan
  readonly time = new VirtualTime(Date.UTC(2026, 10, 1))
  readonly trace: Trace
  readonly machines: Machine[] = []
  readonly network: Network
  readonly meetings: Meetings
  readonly plants: FleetPlants
  /** Decides what happens next. */
  readonly random: SeededRandom
  /** Decides about mishaps. */
  readonly faults: SeededRandom
  /** Logs that a machine may go on with that is a copy, or an older state, of the one that writes it. */
  readonly shared = new Set<LogId>()
  readonly branchings = new Branchings()
  readonly deciders: Deciders
  readonly #seed: string
  readonly #hasher: Hasher
  readonly #keys: SeededKeys
  readonly #settling = new Settling()
  readonly book: SessionBook

  constructor(seed: string, hasher: Hasher, trace: Trace, plants: FleetPlants) {
    const stream = (name: string): SeededRandom => new SeededRandom(`${seed}/fleet/${name}`)
    this.#seed = seed
    this.#hasher = hasher
    this.trace = trace
    this.plants = plants
    this.plan = { ...drawFleetPlan(stream('plan')), ...plants.plan }
    this.random = stream('world')
    this.faults = stream('faults')
    this.#keys = new SeededKeys(stream('keys'))
    this.deciders = new Deciders(stream('decisions'))
    this.book = new SessionBook(stream('sessions'))
    this.network = new Network(this.time, stream('network'), trace)
    this.meetings = new Meetings(
      this.network,
      stream('meetings'),
      trace,
      plants.strict === true ? new Set() : this.shared,
    )
    for (let left = this.plan.hosts; left > 0; left -= 1) this.add()
  }

  /** One more machine, with nothing on it. */
  add(like: Machine | null = null): Machine {
    const index = this.machines.length
    const name = 'ABCDEFGHIJ'[index] ?? `M${index}`
    const homes = ['/home/u', '/Users/eve', '/root', '/home/eve-2', '/srv/agents/u']
    const { replica, view: _view, reported: _reported, plan: _plan, strict: _strict, ...plants } = this.plants
    const machine = new Machine({
      seed: this.#seed,
      name,
      home:
        like?.world.home ?? (this.plan.homesDiffer ? (homes[index % homes.length] ?? '/home/u') : '/home/u'),
      time: this.time,
      hasher: this.#hasher,
      trace: this.trace.of(name),
      plants: { ...plants, plan: this.plan.machine },
      keys: this.#keys,
      writing: this.plan.writing,
      settling: this.#settling,
      random: new SeededRandom(`${this.#seed}/${name}/writers`),
      actors: (of, random) => new Writers(of, this.book, random, this.plan),
      around: replica ?? ((plain) => plain),
    })
    machine.skewMs = (this.faults.float() - 0.5) * 2 * this.plan.skewMaxMs
    this.machines.push(machine)
    this.book.machines.push(machine)
    return machine
  }

  get up(): Machine[] {
    return this.machines.filter(({ isUp }) => isUp)
  }

  /** Throws the first invariant that was seen broken where no exception would have got out. */
  check(): void {
    for (const { world } of this.machines) if (world.broken !== null) throw world.broken
  }

  /** Lets time pass for all, with all that falls due in it, and clears away what ended meanwhile. */
  async wait(ms: number): Promise<void> {
    const endMs = this.time.nowMs + ms
    for (;;) {
      await settled()
      this.check()
      if (!this.time.isDueWithin(endMs - this.time.nowMs)) break
      this.time.runNext()
    }
    this.time.pass(Math.max(0, endMs - this.time.nowMs))
    await this.clearAway()
  }

  /** Clears away the processes that ended by themselves. */
  async clearAway(): Promise<void> {
    for (const machine of this.machines) {
      const { session } = machine
      if (machine.isDown || !session.life.dead) continue
      this.network.ended(machine.name, session.life.mode)
      this.meetings.ended(machine)
      await machine.clearAway()
    }
    this.check()
  }

  /** Starts the process of a machine that has none. */
  async start(machine: Machine, fullCheck: boolean, trap: (life: ProcessLife) => void): Promise<boolean> {
    const started = await machine.start(fullCheck, trap)
    if (!started) {
      this.network.ended(machine.name, machine.session.life.mode)
      await machine.clearAway()
    }
    this.network.booted(machine.name)
    await this.clearAway()
    return machine.isUp
  }

  /** Ends the process of a machine as one that is told to. */
  async stop(machine: Machine): Promise<void> {
    for (const meeting of this.meetings.open) if (meeting.ends.includes(machine)) meeting.stop.abort()
    if (machine.isUp) await machine.session.stop()
    this.network.ended(machine.name, 'kill')
    this.meetings.ended(machine)
    await this.clearAway()
  }

  /** Takes the power from a machine, whatever it does. */
  async cutPower(machine: Machine): Promise<void> {
    if (machine.isUp) machine.session.life.end('power-loss')
    await this.clearAway()
  }

  /** Begins a session between two machines that run. */
  meet(near: Machine, far: Machine, mode: 'once' | 'live', faulty: boolean): Meeting {
    const { links, cutChance } = this.plan
    const lastByte =
      faulty && this.faults.chance(cutChance)
        ? 1 + this.faults.int(this.faults.pick([400, 4000, 40_000]))
        : null
    return this.meetings.begin(near, far, mode, links, lastByte)
  }

  /** A new machine that is a copy of another, with this image of it. */
  async clone(of: Machine, image: MachineImage, machineId: string): Promise<Machine> {
    const machine = this.add(of)
    await machine.restore(image, machineId)
    return machine
  }

  must(done: boolean): void {
    if (!done) throw new InvariantBroken('simulation', 'a process ended where none may')
  }
}
