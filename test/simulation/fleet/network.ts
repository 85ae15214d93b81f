import { HoldfastError } from '../../../src/engine/core/errors.js'
import type { Link } from '../../../src/engine/ports/link.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { VirtualTime } from '../clock.js'
import type { CrashMode, ProcessLife } from '../process-life.js'
import type { Notes } from '../trace.js'
import { Pipe, type LinkHabits } from './pipe.js'

/** One end of a connection: whose process it belongs to. */
export interface End {
  readonly machine: string
  readonly life: ProcessLife
}

type Side = 0 | 1

/** What lies between the machines: connections, and which machines reach each other. */
export class Network {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #trace: Notes
  readonly #cut = new Set<string>()
  readonly #connections = new Set<Connection>()

  constructor(time: VirtualTime, random: SeededRandom, trace: Notes) {
    this.#time = time
    this.#random = random
    this.#trace = trace
  }

  get connections(): readonly Connection[] {
    return [...this.#connections]
  }

  /** @param lastByte the connection breaks for both ends when so many bytes have arrived; null: never by itself */
  connect(near: End, far: End, habits: LinkHabits, lastByte: number | null): Connection {
    const connection = new Connection({
      time: this.#time,
      random: this.#random,
      ends: [near, far],
      habits,
      lastByte,
      reaches: () => this.reaches(near.machine, far.machine),
      onOver: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    return connection
  }

  reaches(a: string, b: string): boolean {
    return !this.#cut.has(pair(a, b))
  }

  /** Nothing gets through between the two until `heal`. What was sent waits. */
  part(a: string, b: string): void {
    if (this.#cut.has(pair(a, b))) return
    this.#cut.add(pair(a, b))
    this.#trace.note(`network: ${a} and ${b} are apart`)
  }

  heal(): void {
    if (this.#cut.size > 0) this.#trace.note('network: healed')
    this.#cut.clear()
    for (const connection of this.#connections) connection.resume()
  }

  /** A process ended. The system of its machine says so to the far ends, unless it is gone as well. */
  ended(machine: string, mode: CrashMode): void {
    for (const connection of this.#connections) connection.processEnded(machine, mode)
  }

  /** A machine that had no power runs again: it knows nothing of its old connections. */
  booted(machine: string): void {
    for (const connection of this.#connections) connection.machineBooted(machine)
  }
}

interface ConnectionOptions {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly ends: readonly [End, End]
  readonly habits: LinkHabits
  readonly lastByte: number | null
  readonly reaches: () => boolean
  readonly onOver: () => void
}

/** A byte stream both ways between two processes, as TCP would give it. */
export class Connection {
  readonly near: Link
  readonly far: Link
  readonly ends: readonly [End, End]
  readonly #options: ConnectionOptions
  /** By the side that sends. */
  readonly #pipes: readonly [Pipe, Pipe]
  readonly #silent: [boolean, boolean] = [false, false]
  readonly #powerless: [boolean, boolean] = [false, false]
  readonly #broken: [boolean, boolean] = [false, false]
  #bytesLeft: number

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.ends = options.ends
    this.#bytesLeft = options.lastByte ?? Infinity
    this.#pipes = [this.#pipe(0), this.#pipe(1)]
    this.near = this.#link(0)
    this.far = this.#link(1)
  }

  get isOver(): boolean {
    return this.#broken[0] && this.#broken[1]
  }

  /** Both ends learn at once that the connection is gone. */
  reset(): void {
    this.#break(0)
    this.#break(1)
  }

  /** What this side sends is lost from now on, and nobody says so. */
  silence(side: Side): void {
    this.#silent[side] = true
  }

  resume(): void {
    for (const pipe of this.#pipes) pipe.resume()
  }

  processEnded(machine: string, mode: CrashMode): void {
    for (const side of [0, 1] as const) {
      const { machine: name, life } = this.ends[side]
      if (name !== machine || !life.dead || this.#broken[side]) continue
      this.#break(side)
      if (mode === 'kill') this.#pipes[side].sendReset()
      else this.#powerless[side] = true
    }
  }

  machineBooted(machine: string): void {
    for (const side of [0, 1] as const) {
      if (this.ends[side].machine !== machine || !this.#powerless[side]) continue
      this.#powerless[side] = false
      this.#pipes[side].sendReset()
    }
  }

  #pipe(from: Side): Pipe {
    const { time, random, habits, reaches } = this.#options
    return new Pipe({
      time,
      random,
      habits,
      isOpen: () => reaches() && !this.#silent[from] && !this.#powerless[other(from)],
      onDelivered: (bytes) => {
        this.#bytesLeft -= bytes
        if (this.#bytesLeft <= 0) this.reset()
      },
      onReset: () => this.#break(other(from)),
    })
  }

  #break(side: Side): void {
    if (this.#broken[side]) return
    this.#broken[side] = true
    this.#pipes[side].breakSender()
    this.#pipes[other(side)].breakReader()
    if (this.isOver) this.#options.onOver()
  }

  #link(side: Side): Link {
    const { machine, life } = this.ends[side]
    const [out, into] = [this.#pipes[side], this.#pipes[other(side)]]
    let closed = false
    return {
      name: `${this.ends[other(side)].machine} (from ${machine})`,
      receive: into.arrived,
      send: async (bytes) => {
        if (life.dead) return never
        if (closed) throw new HoldfastError('INTERRUPTED', 'the link is closed')
        await life.alive(out.send(bytes))
      },
      close: async (reason) => {
        if (life.dead) return never
        if (!closed) {
          closed = true
          into.refuse()
          out.end()
        }
        if (reason && !this.#broken[side]) {
          this.#break(side)
          out.sendReset()
        }
        await into.over
      },
    }
  }
}

const never = new Promise<void>(() => undefined)

function other(side: Side): Side {
  return side === 0 ? 1 : 0
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
