import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { Hasher } from '../../../src/engine/ports/hash.js'
import { knownForks, type KnownFork } from '../../../src/daemon/sync-fence.js'
import type { Replica } from '../../../src/engine/ports/replica.js'
import type { VirtualTime } from '../clock.js'
import type { Writing } from '../host.js'
import type { DiskImage } from '../disk.js'
import { losePower } from '../power-loss.js'
import type { Identity } from '../own-log.js'
import type { ProcessLife } from '../process-life.js'
import { Session } from '../session.js'
import type { Notes } from '../trace.js'
import type { HostKeys } from '../host-keys.js'
import { World, type Actors, type Plants } from '../world.js'
import type { Settling } from '../checkers/settling.js'
import { checkAcknowledged } from '../checkers/acknowledged.js'
import { fleetRoots } from './fleet-roots.js'
import { PeerDoor } from './peer-door.js'

export interface MachineTools {
  readonly seed: string
  readonly name: string
  readonly home: string
  readonly time: VirtualTime
  readonly hasher: Hasher
  readonly trace: Notes
  readonly plants: Plants
  readonly keys: HostKeys
  readonly actors: (machine: Machine, random: SeededRandom) => Actors
  /** Puts a planted fault between the protocol and the store. */
  readonly around: (replica: Replica, machine: Machine) => Replica
  readonly random: SeededRandom
  readonly writing: Writing | null
  readonly settling: Settling
}

/** A whole machine as it was at some moment. */
export interface MachineImage {
  readonly disk: DiskImage
  readonly rows: [Buffer, Buffer][]
  readonly identity: Identity
}

/** One machine of many: its world, its processes, and its door for peers while one runs. */
export class Machine {
  readonly name: string
  readonly world: World
  readonly session: Session
  /** How far its clock is ahead of true time. */
  skewMs = 0
  /** Whether anything but Holdfast took bytes that agents wrote, or put older ones in their place. */
  lostBytes = false
  readonly #tools: MachineTools
  /** What sessions do to the logs that this host writes, one after the other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(tools: MachineTools) {
    const { seed, name, home, time, hasher, trace, plants, keys, actors, random } = tools
    this.#tools = tools
    this.name = name
    this.world = new World(`${seed}/${name}`, hasher, trace, plants, {
      time,
      name,
      home,
      roots: fleetRoots(home),
      actors: () => actors(this, random),
      wallMs: () => this.nowMs,
      writing: tools.writing,
      settling: tools.settling,
      keys,
    })
    this.session = new Session(this.world)
  }

  get isUp(): boolean {
    return this.session.host !== null && !this.session.life.dead
  }

  /** By its own wall clock. */
  get nowMs(): number {
    return this.#tools.time.nowMs + this.skewMs
  }

  /** Whether a process ended that nobody has cleared away yet. */
  get isDown(): boolean {
    return this.session.host === null
  }

  async start(fullCheck: boolean, trap: (life: ProcessLife) => void): Promise<boolean> {
    this.#turn = Promise.resolve()
    return this.session.start(fullCheck, trap)
  }

  /** This host as one session meets it; null while no process runs. */
  openDoor(): PeerDoor | null {
    const { session, world } = this
    const { host, life } = session
    const { publicKey } = world.identity
    if (!this.isUp || !host || !publicKey) return null
    return new PeerDoor({
      store: host.store,
      outside: world.identity,
      identity: this.#tools.keys.identity(publicKey),
      hostName: this.name,
      session: { clock: world.clockFor(life), random: world.nonces, hasher: world.hasher },
      own: () => session.host?.own ?? host.own,
      settled: () => session.settledRecording(),
      restart: () => session.restart(),
      inTurn: (work) => {
        const done = this.#turn.then(work)
        this.#turn = done.catch(() => undefined)
        return done
      },
      around: (replica) => checkAcknowledged(this.#tools.around(replica, this), world),
      trace: world.trace,
    })
  }

  /** Every fork that this host was told of. */
  async forks(): Promise<readonly KnownFork[]> {
    const { host } = this.session
    return host ? knownForks(host.store) : []
  }

  /** Clears away a process that ended by itself, with what the end of the machine's power takes. */
  async clearAway(): Promise<void> {
    const { session, world } = this
    const { mode } = session.life
    world.meddling = false
    session.bury()
    await world.device.afterCrash(mode)
    world.trace.note(`ended by ${mode}`)
    if (mode !== 'power-loss') return
    this.lostBytes = true
    world.agents.powerLost?.()
    for (const { path, what } of losePower(
      world.disk,
      world.faults,
      world.time.nowMs,
      world.plan.blockBytes,
    )) {
      world.trace.note(`power loss: ${what} ${path}`)
    }
    world.reviewEcho()
  }

  /** The machine as it is, as a copy of a running disk takes it. */
  async image(): Promise<MachineImage> {
    const { disk, device, identity } = this.world
    return { disk: disk.snapshot(), rows: await device.snapshot(), identity: { ...identity } }
  }

  /** Puts an image in place of all that is here. No process may run. */
  async restore(image: MachineImage, machineId: string): Promise<void> {
    this.lostBytes = true
    const { disk, device, identity, ledger, echo } = this.world
    disk.restore(image.disk)
    await device.restore(image.rows)
    Object.assign(identity, image.identity, { machine: machineId })
    ledger.begin(image.rows)
    echo.forget()
  }

  /** Takes everything: store, keys, files. */
  async wipe(): Promise<void> {
    this.lostBytes = true
    const { disk, device, identity, ledger, echo, home, roots, faults } = this.world
    if (disk.find(home)) disk.remove(home)
    for (const { base } of roots) disk.makeFolders(base, 0o755)
    await device.restore([])
    Object.assign(identity, { folder: `${faults.hex(6)}:${faults.hex(6)}`, publicKey: null, witness: null })
    ledger.begin([])
    echo.forget()
  }
}
