import { MemoryLevel } from 'memory-level'

import type { Database, DatabaseOperation, DatabaseRange } from '../../src/store/database.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { VirtualTime } from './clock.js'
import type { CrashMode, ProcessLife } from './process-life.js'

/** One batch as it changed the store: for taking it back. */
interface Change {
  readonly key: Buffer
  readonly before: Buffer | undefined
  readonly after: Buffer | undefined
}

export interface DeviceFaults {
  /** How often a batch finds the disk full. */
  readonly fullChance: number
}

const journalBatches = 200

/**
 * The store's files as the disk holds them, for one process after another. A synced batch is there for good when it
 * resolves; one that a crash meets is wholly there or not at all; unsynced ones may go at a power loss, newest first.
 */
export class Device {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  #level = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  #journal: Change[][] = []
  #unsynced: Change[][] = []
  #inFlight: readonly DatabaseOperation[] | null = null
  #applying: Promise<unknown> = Promise.resolve()
  faults: DeviceFaults = { fullChance: 0 }

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  /** The database, as one process sees it. */
  open(life: ProcessLife): Database {
    return {
      batch: (operations, { sync }) => life.alive(this.#batch(life, operations, sync)),
      get: (key) => life.alive(this.#level.get(key)),
      iterator: (range) => {
        const { values, highWaterMarkBytes, ...bounds } = range
        const iterator = this.#level.iterator({
          ...bounds,
          ...(values === undefined ? {} : { values }),
          ...(highWaterMarkBytes === undefined ? {} : { highWaterMarkBytes }),
        })
        return {
          nextv: (size) => life.alive(iterator.nextv(size)),
          close: () => iterator.close(),
        }
      },
      close: () => Promise.resolve(),
    }
  }

  async #batch(life: ProcessLife, given: readonly DatabaseOperation[], sync: boolean): Promise<void> {
    life.point(`batch of ${given.length}`)
    // LevelDB copies what it is given before it returns.
    const operations = given.map(copy)
    this.#inFlight = operations
    await new Promise<void>((resolve) => {
      this.#time.schedule(0.2 + this.#random.float() * 8, resolve)
    })
    if (life.dead) return
    const full = this.#random.chance(this.faults.fullChance)
    // Nobody knows what of a failed write reached the disk; what did is whole.
    if (!full || this.#random.chance(0.5)) await this.#apply(operations, sync)
    this.#inFlight = null
    if (full) throw new Error('IO error: 000012.log: No space left on device')
    life.point('batch done')
  }

  #apply(operations: readonly DatabaseOperation[], sync: boolean): Promise<void> {
    const applied = this.#change(operations, sync)
    this.#applying = applied
    return applied
  }

  async #change(operations: readonly DatabaseOperation[], sync: boolean): Promise<void> {
    const changes: Change[] = []
    for (const operation of operations) {
      const after = operation.type === 'put' ? Buffer.from(operation.value) : undefined
      changes.push({ key: operation.key, before: await this.#level.get(operation.key), after })
    }
    await this.#level.batch(operations.map(toLevel))
    this.#inFlight = null
    this.#journal.push(changes)
    if (this.#journal.length > journalBatches) this.#journal.shift()
    if (sync) this.#unsynced = []
    else this.#unsynced.push(changes)
  }

  /** Makes the store what it is after its process ended like this. */
  async afterCrash(mode: CrashMode): Promise<void> {
    await this.#applying
    const open = this.#inFlight
    this.#inFlight = null
    if (open && this.#random.chance(0.5)) await this.#change(open, true)
    if (mode === 'power-loss') {
      const lost = this.#unsynced.length === 0 ? 0 : this.#random.int(this.#unsynced.length + 1)
      for (const changes of this.#unsynced.splice(this.#unsynced.length - lost).toReversed()) {
        await this.#takeBack(changes)
      }
    }
    this.#unsynced = []
  }

  async entries(range: DatabaseRange): Promise<[Buffer, Buffer][]> {
    return this.#level.iterator({ gte: range.gte, lt: range.lt }).all()
  }

  /** Everything, to be put back by `restore`. */
  async snapshot(): Promise<[Buffer, Buffer][]> {
    return this.#level.iterator().all()
  }

  /** Puts an older state of the store in place of this one. */
  async restore(entries: readonly [Buffer, Buffer][]): Promise<void> {
    this.#level = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
    await this.#level.batch(entries.map(([key, value]) => ({ type: 'put', key, value })))
    this.#journal = []
  }

  /** Loses a batch that is not the last, as a flipped byte in LevelDB's own log does. Returns the keys that changed. */
  async loseBatch(isLosable: (keys: readonly Buffer[]) => boolean): Promise<Buffer[]> {
    const candidates = this.#journal
      .slice(0, -1)
      .filter((changes) => isLosable(changes.map(({ key }) => key)))
    if (candidates.length === 0) return []
    const changes = this.#random.pick(candidates)
    const lost: Buffer[] = []
    for (const { key, before, after } of changes) {
      const now = await this.#level.get(key)
      const same = after === undefined ? now === undefined : now?.equals(after)
      if (!same) continue
      lost.push(key)
      await this.#put(key, before)
    }
    this.#journal.splice(this.#journal.indexOf(changes), 1)
    return lost
  }

  /** Flips one bit of the value of a key. */
  async flip(key: Buffer): Promise<void> {
    const value = Buffer.from((await this.#level.get(key)) ?? [])
    const at = this.#random.int(value.length)
    value[at] = (value[at] ?? 0) ^ (1 << this.#random.int(8))
    await this.#put(key, value)
  }

  async lose(key: Buffer): Promise<void> {
    await this.#put(key, undefined)
  }

  async #takeBack(changes: readonly Change[]): Promise<void> {
    for (const { key, before } of changes.toReversed()) await this.#put(key, before)
  }

  async #put(key: Buffer, value: Buffer | undefined): Promise<void> {
    if (value === undefined) await this.#level.del(key)
    else await this.#level.put(key, value)
  }
}

function copy(operation: DatabaseOperation): DatabaseOperation {
  const key = Buffer.from(operation.key)
  return operation.type === 'put'
    ? { type: 'put', key, value: Buffer.from(operation.value) }
    : { type: 'del', key }
}

function toLevel(
  operation: DatabaseOperation,
): { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer } {
  return operation.type === 'put'
    ? { type: 'put', key: operation.key, value: Buffer.from(operation.value) }
    : operation
}
