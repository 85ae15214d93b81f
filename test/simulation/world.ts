import type { Event, LogId } from '../../src/engine/core/event.js'
import type { Clock } from '../../src/engine/ports/clock.js'
import type { Database } from '../../src/store/database.js'
import { FileError, type WritableFiles } from '../../src/engine/ports/files.js'
import type { Hasher } from '../../src/engine/ports/hash.js'
import { Untouched, type LiveAgent } from './checkers/untouched.js'
import type { AgentList, AgentProcess, Processes } from '../../src/engine/ports/processes.js'
import type { WatchedRoot } from '../../src/engine/record/watched-root.js'
import { ownPrefix } from '../../src/engine/formats/droppings.js'
import { tableRange } from '../../src/store/keys.js'
import { SeededRandom } from '../fixtures-gen/random.js'
import { Agents } from './agents.js'
import { checkBatch, checkQueue } from './checkers/bounded.js'
import type { Settling } from './checkers/settling.js'
import { EchoFree } from './checkers/echo-free.js'
import { Ledger, eventOf } from './checkers/ledger.js'
import { checkLoggedFirst } from './checkers/logged-first.js'
import { Replayer } from './checkers/replayer.js'
import { VirtualTime } from './clock.js'
import { Device } from './device.js'
import { Disk } from './disk.js'
import { simulatedFiles } from './files.js'
import type { Host, Writing } from './host.js'
import type { HostKeys } from './host-keys.js'
import type { Identity } from './own-log.js'
import { drawPlan, type Plan } from './plan.js'
import type { ProcessLife } from './process-life.js'
import { home, placeOf, simulatedRoots } from './roots.js'
import type { Notes } from './trace.js'
import { SimulatedWatcher } from './watcher.js'

/** Deliberate defects, for the proof that the checkers see them. */
export interface Plants {
  readonly database?: (db: Database) => Database
  readonly files?: (files: WritableFiles) => WritableFiles
  readonly processes?: (processes: Processes) => Processes
  /** Goes on with a log whatever the evidence says. */
  readonly trusting?: boolean
  /** Stands in for the repair of damaged files. */
  readonly repair?: (host: Host) => Promise<void>
  readonly plan?: Partial<Plan>
}

/** Who changes files besides Holdfast. */
export interface Actors {
  /** Does one thing somewhere. */
  act(): void
  /** Takes back what only passing states are. */
  rest(): void
  /** The processes among them that are agents. */
  running?(also: readonly number[]): readonly AgentProcess[]
  /** The machine lost its power. */
  powerLost?(): void
  /** Those that hold a file open. */
  holding?(path: string): readonly number[]
  /** The agents on a file. */
  writing?(path: string): readonly LiveAgent[]
}

/** What a world shares with the worlds of other machines, and where it differs from the only one. */
export interface Surroundings {
  readonly time: VirtualTime
  readonly name: string
  readonly home: string
  readonly roots: readonly WatchedRoot[]
  readonly actors: (world: World) => Actors
  /** The machine's own wall clock, which may be wrong. */
  readonly wallMs: () => number
  readonly keys: HostKeys
  /** How this machine's Holdfast writes back; null: not at all. */
  readonly writing: Writing | null
  readonly settling: Settling
}

/** All that is not the process: time, disk, store, identity, agents, and what the checkers know. */
export class World {
  readonly plan: Plan
  readonly time: VirtualTime
  readonly disk: Disk
  readonly device: Device
  readonly identity: Identity
  readonly watcher: SimulatedWatcher
  readonly agents: Actors
  readonly ledger = new Ledger()
  readonly echo = new EchoFree()
  readonly untouched = new Untouched()
  readonly hasher: Hasher
  readonly trace: Notes
  readonly plants: Plants
  /** Decides what happens next. */
  readonly random: SeededRandom
  /** Decides what Holdfast calls random: nonces, names. */
  readonly nonces: SeededRandom
  /** Decides about crashes and faults. */
  readonly faults: SeededRandom
  /** Processes that hold files open, by path. */
  readonly holders = new Map<string, number[]>()
  /** The first invariant that was seen broken where no exception would have got out. */
  broken: unknown = null
  /** Whether a fault took events that no check of the whole log has missed yet. */
  lossUnknown = false
  /** Whether somebody may act between two calls of a port just now. */
  meddling = false
  #agentActs = false

  readonly roots: readonly WatchedRoot[]
  readonly home: string
  /** null for the only machine there is. */
  readonly surroundings: Surroundings | null

  constructor(
    seed: string,
    hasher: Hasher,
    trace: Notes,
    plants: Plants,
    surroundings: Surroundings | null = null,
  ) {
    this.surroundings = surroundings
    this.roots = surroundings?.roots ?? simulatedRoots
    this.home = surroundings?.home ?? home
    const stream = (name: string): SeededRandom => new SeededRandom(`${seed}/${name}`)
    this.plan = { ...drawPlan(stream('plan')), ...plants.plan }
    this.hasher = hasher
    this.trace = trace
    this.plants = plants
    this.random = stream('world')
    this.nonces = stream('nonces')
    this.faults = stream('faults')
    this.time = surroundings?.time ?? new VirtualTime(Date.UTC(2026, 10, 1))
    const disk = { ...this.plan.disk, ...(surroundings ? { wallMs: surroundings.wallMs } : {}) }
    this.disk = new Disk(this.time, stream('disk'), disk)
    this.device = new Device(this.time, stream('device'))
    this.device.faults = { fullChance: this.plan.fullChance }
    const machine = surroundings?.name ?? 'machine-1'
    this.identity = { machine, folder: '1:1', publicKey: null, witness: null }
    this.watcher = new SimulatedWatcher(this.time, stream('watcher'), this.plan.watcher)
    this.agents =
      surroundings?.actors(this) ?? new Agents(this.disk, stream('agents'), trace, this.plan.agents)
    for (const { base } of this.roots) {
      for (const folder of this.disk.makeFolders(base, 0o755)) this.disk.syncFolder(folder)
    }
    this.disk.onChange = (path) => {
      this.watcher.notice(path)
      const place = placeOf(path, this.roots)
      if (this.#agentActs && place) this.echo.touched(place.root.name, place.path)
    }
  }

  /** Lets an agent do one thing. */
  act(): void {
    this.byOthers(() => this.agents.act())
  }

  /** Runs what changes files and is not Holdfast. */
  byOthers(change: () => void): void {
    const before = this.#agentActs
    this.#agentActs = true
    this.surroundings?.settling.disturbed()
    try {
      change()
    } finally {
      this.#agentActs = before
    }
    this.reviewEcho()
  }

  /** The agents that run on this machine, as its system lists them. */
  runningAgents(also: readonly number[] = []): AgentList {
    this.untouched.lookedAtAgents()
    return { known: true, list: this.agents.running?.(also) ?? [] }
  }

  reviewEcho(): void {
    this.echo.review((name, path) => {
      const root = this.roots.find((each) => each.name === name)
      return root && this.disk.find(`${root.base}/${path}`)?.bytes
    })
  }

  /** The database of one process: faults below, the ledger above, a planted defect between. */
  databaseFor(life: ProcessLife): Database {
    const plain = this.device.open(life)
    const planted = this.plants.database?.(plain) ?? plain
    const noted = this.ledger.watch(planted, (check) => this.guard(check))
    return {
      ...noted,
      batch: async (operations, options) => {
        this.guard(() => checkBatch(operations))
        this.trace.note(`batch ${this.#digestOf(operations)}`)
        await noted.batch(operations, options).catch((error: unknown) => {
          if (!life.dead) this.trace.note(`batch failed: ${String(error)}`)
          throw error
        })
        for (const operation of operations) {
          const found = operation.type === 'put' ? eventOf(operation.key, operation.value) : null
          if (found && this.#isOwn(found.log)) this.guard(() => this.echo.recorded(found.event))
        }
      },
    }
  }

  clockFor(life: ProcessLife): Clock {
    const clock = this.time.clockFor(life)
    const { surroundings } = this
    return { ...clock, ...(surroundings ? { now: () => surroundings.wallMs() } : {}) }
  }

  filesFor(life: ProcessLife): WritableFiles {
    const files = simulatedFiles(this.disk, {
      point: (name) => life.point(name),
      refuse: (path) => {
        if (this.faults.chance(this.plan.fullChance)) throw new FileError('ENOSPC', path)
      },
      onReplace: (to, by) => this.#onReplace(to, by),
      onAppended: (path, bytes) => this.#onAppended(path, bytes),
    })
    return this.plants.files?.(files) ?? files
  }

  /** Runs at every point of a living process. */
  onPoint(name: string, host: Host | null): void {
    this.time.pass(0.01)
    if (host) this.guard(() => checkQueue(host.own.writer.pendingBytes))
    // Between the last look at a file and the rename over it lies no call of ours: nobody can be kept out there.
    const atomic = name.startsWith('rename') || name.startsWith('syncFolder')
    if (this.meddling && !atomic && this.random.chance(this.plan.meddleChance)) this.act()
  }

  /** Runs a check inside a call of the engine, which must not see its failure. */
  guard(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.broken ??= error
    }
  }

  /** All events that the store holds, rebuilt by the independent replayer without any code of the store. */
  async replayDevice(): Promise<Replayer> {
    const replayer = new Replayer()
    const logs = new Map<string, Event[]>()
    for (const [key, value] of await this.device.entries(tableRange('event'))) {
      const found = eventOf(key, value)
      if (!found || this.ledger.isExcused(found.log, found.offset)) continue
      const events = logs.get(found.log) ?? []
      events.push(found.event)
      logs.set(found.log, events)
    }
    const since = (events: Event[]): number => events[0]?.time.ms ?? 0
    for (const events of [...logs.values()].toSorted((a, b) => since(a) - since(b))) {
      for (const event of events) replayer.add(event)
    }
    return replayer
  }

  /** Whether this machine writes the log; what comes from others may hold the same bytes. */
  #isOwn(log: LogId): boolean {
    return this.surroundings === null || this.identity.witness?.log === log
  }

  #onReplace(to: string, by: string | null): void {
    const place = placeOf(to, this.roots)
    if (!place || place.path.includes(ownPrefix)) return
    const { root, path } = place
    this.#onWrite(to)
    const there = this.disk.find(to)
    if (there) this.guard(() => checkLoggedFirst(this.ledger, root.name, path, there.bytes))
    const next = by === null ? undefined : this.disk.find(by)
    if (next) this.echo.wrote(root.name, path, next.bytes)
    this.trace.note(
      `replace ${to}: ${there?.bytes.length ?? 'nothing'} by ${next?.bytes.length ?? 'nothing'}`,
    )
  }

  #onWrite(path: string): void {
    this.guard(() => this.untouched.written(path, this.agents.writing?.(path) ?? []))
    const { surroundings } = this
    if (surroundings) this.guard(() => surroundings.settling.written(surroundings.name, path))
  }

  #onAppended(to: string, bytes: Uint8Array): void {
    const place = placeOf(to, this.roots)
    if (!place || place.path.includes(ownPrefix)) return
    this.#onWrite(to)
    this.echo.added(place.root.name, place.path, Buffer.from(bytes))
    this.trace.note(`append ${bytes.length} to ${to}`)
  }

  #digestOf(operations: Parameters<Database['batch']>[0]): string {
    const parts = operations.flatMap((each) => (each.type === 'put' ? [each.key, each.value] : [each.key]))
    return Buffer.from(this.hasher.sha256(...parts)).toString('hex', 0, 8)
  }
}
