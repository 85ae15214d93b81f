import { MemoryLevel } from 'memory-level'
import type { Clock, Random } from '../../src/engine/ports/clock.js'
import { createHasher } from '../../src/platform/node-hasher.js'
import type { Database, DatabaseOperation, DatabaseRange } from '../../src/store/database.js'
import type { NewLog, StoreTools } from '../../src/store/level-store.js'
import { SeededRandom } from '../fixtures-gen/random.js'

/** A database in memory that behaves like the real one. */
export async function memoryDatabase(): Promise<Database> {
  const db = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await db.open()
  return db
}

/** A clock that moves only when a test says so; sleeping costs no time. */
export class ManualClock implements Clock {
  nowMs: number

  constructor(nowMs = 1_760_000_000_000) {
    this.nowMs = nowMs
  }

  now(): number {
    return this.nowMs
  }

  sleep(): Promise<void> {
    return Promise.resolve()
  }
}

export async function storeTools(clock: Clock = new ManualClock()): Promise<StoreTools> {
  const random: Random = new SeededRandom('store')
  return { hasher: await createHasher(), clock, random }
}

/** A log's id and owner, told apart by one digit. */
export function newLog(digit: string): NewLog {
  return {
    log: digit.repeat(32),
    host: 'ab'.repeat(16),
    hostName: 'mill',
    publicKey: Buffer.from('the public key'),
  }
}

interface Gate {
  readonly open: Promise<void>
  readonly release: () => void
}

/** Passes everything on and keeps each batch; batches can be held back, or made to fail. */
export class SpyDatabase implements Database {
  readonly batches: { operations: DatabaseOperation[]; sync: boolean }[] = []
  /** Thrown by the next batch. */
  failure: Error | null = null
  readonly #below: Database
  #gate: Gate | null = null

  constructor(below: Database) {
    this.#below = below
  }

  /** Batches wait from now on until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined
    const open = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#gate = { open, release }
    return () => {
      this.#gate = null
      release()
    }
  }

  async batch(operations: DatabaseOperation[], options: { sync: boolean }): Promise<void> {
    this.batches.push({ operations, sync: options.sync })
    await this.#gate?.open
    if (this.failure !== null) throw this.failure
    await this.#below.batch(operations, options)
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#below.get(key)
  }

  iterator(range: DatabaseRange): ReturnType<Database['iterator']> {
    return this.#below.iterator(range)
  }

  close(): Promise<void> {
    return this.#below.close()
  }
}
