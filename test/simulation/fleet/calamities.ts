import type { LogId } from '../../../src/engine/core/event.js'
import type { Fleet } from './fleet.js'
import type { Machine, MachineImage } from './machine.js'

const machinesMax = 6

/** What befalls machines and the network between them, now and then. */
export class Calamities {
  readonly #fleet: Fleet
  /** Older states of machines, as backups and snapshots keep them. */
  readonly #images = new Map<Machine, MachineImage>()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** @returns whether anything happened to this machine */
  async maybe(machine: Machine): Promise<boolean> {
    const { faults, plan, network, machines, trace } = this.#fleet
    if (faults.chance(plan.partChance)) network.part(machine.name, faults.pick(machines).name)
    if (faults.chance(0.08)) network.heal()
    if (faults.chance(plan.silenceChance)) this.#silence()
    if (faults.chance(plan.jumpChance)) {
      machine.skewMs += (faults.float() - 0.5) * faults.pick([10_000, 4_000_000, 400_000_000])
      trace.note(`${machine.name}: its clock is ${Math.round(machine.skewMs)} ms ahead`)
    }
    if (plan.rollBackChance > 0 && faults.chance(0.1)) {
      this.#images.set(machine, await machine.image())
      trace.note(`${machine.name}: an image was taken`)
    }
    if (faults.chance(plan.wipeChance)) return this.#wipe(machine)
    if (faults.chance(plan.cloneChance)) return this.#clone(machine)
    if (faults.chance(plan.rollBackChance)) return this.#rollBack(machine)
    return false
  }

  #silence(): void {
    const { faults, network, trace } = this.#fleet
    const { connections } = network
    if (connections.length === 0) return
    const connection = faults.pick(connections)
    const side = faults.chance(0.5) ? 0 : 1
    connection.silence(side)
    trace.note(`network: ${connection.ends[side].machine} is not heard any more`)
  }

  async #wipe(machine: Machine): Promise<boolean> {
    const { trace } = this.#fleet
    await this.#fleet.cutPower(machine)
    this.#fleet.branchings.note(machine.world.ledger)
    await machine.wipe()
    this.#images.delete(machine)
    trace.note(`${machine.name}: wiped`)
    return true
  }

  /** A copy of the machine's disk begins to run elsewhere: another machine, and now and then one that says to be the same. */
  async #clone(machine: Machine): Promise<boolean> {
    const { faults, machines, trace } = this.#fleet
    if (machines.length >= machinesMax) return false
    const image = await machine.image()
    const same = faults.chance(0.3)
    const id = same ? image.identity.machine : `machine-${faults.hex(6)}`
    // Where the copy has another id, or another folder, it knows that it is one.
    const folder = same ? image.identity.folder : `${faults.hex(6)}:${faults.hex(6)}`
    const copy = await this.#fleet.clone(machine, { ...image, identity: { ...image.identity, folder } }, id)
    if (same) this.#share(image)
    trace.note(`${copy.name}: a copy of ${machine.name}${same ? ' that knows nothing of it' : ''}`)
    return true
  }

  /** The whole machine is as it once was, as after the restore of a snapshot; or only its store is. */
  async #rollBack(machine: Machine): Promise<boolean> {
    const { faults, trace } = this.#fleet
    const image = this.#images.get(machine)
    if (!image) return false
    await this.#fleet.cutPower(machine)
    this.#fleet.branchings.note(machine.world.ledger)
    const whole = faults.chance(0.6)
    const now = await machine.image()
    await machine.restore(whole ? image : { ...now, rows: image.rows }, image.identity.machine)
    if (whole) this.#share(image)
    trace.note(`${machine.name}: ${whole ? 'all' : 'the store'} is as it was`)
    return true
  }

  #share({ identity }: MachineImage): void {
    const log: LogId | undefined = identity.witness?.log
    if (log !== undefined) this.#fleet.shared.add(log)
  }
}
