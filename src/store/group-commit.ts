import { limits } from '../engine/core/limits.js'
import { writeSynced, type Database, type DatabaseOperation } from './database.js'

export interface Submission {
  readonly operations: readonly DatabaseOperation[]
  /**
   * Rows that say how something stands now, by name. Where submissions of one batch bring a row of the same name, only
   * the last is written, and only that one is encoded.
   */
  readonly standing: ReadonlyMap<string, () => DatabaseOperation>
  /** Payload, for the bounds. */
  readonly bytes: number
  /** Called after the sync, in order, before the promise resolves. */
  readonly onDurable: () => void
}

interface Waiting extends Submission {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: one synced batch at a time, and all that waits meanwhile goes into the next one. A sync costs the
 * same for one event as for hundreds. Batches never overlap, so that none becomes durable before an earlier one.
 *
 * The first failure is final: after a failed sync nobody knows what is on the disk, so nothing is written after it.
 */
export class GroupCommit {
  readonly #db: Database
  readonly #queue: Waiting[] = []
  #running: Promise<void> | null = null
  #failure: unknown = null
  #pendingBytes = 0

  constructor(db: Database) {
    this.#db = db
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** @throws whatever made an earlier batch fail */
  submit(submission: Submission): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#pendingBytes += submission.bytes
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...submission, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when everything submitted before is durable. */
  async flush(): Promise<void> {
    if (this.#running) await this.#running
    if (this.#failure !== null) throw this.#failure
  }

  async #run(): Promise<void> {
    // What the caller submits in the same turn goes into the same batch.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      try {
        await writeSynced(this.#db, operationsOf(group))
      } catch (error) {
        this.#fail(error, group)
        break
      }
      for (const waiting of group) {
        this.#pendingBytes -= waiting.bytes
        waiting.onDurable()
        waiting.resolve()
      }
    }
    this.#running = null
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      if (count > 0 && bytes + waiting.bytes > limits.batchMaxBytes) break
      bytes += waiting.bytes
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  #fail(error: unknown, group: readonly Waiting[]): void {
    this.#failure = error
    for (const waiting of [...group, ...this.#queue.splice(0)]) waiting.reject(error)
  }
}

function operationsOf(group: readonly Submission[]): DatabaseOperation[] {
  const operations: DatabaseOperation[] = []
  const standing = new Map<string, () => DatabaseOperation>()
  for (const submission of group) {
    for (const operation of submission.operations) operations.push(operation)
    for (const [name, row] of submission.standing) standing.set(name, row)
  }
  for (const row of standing.values()) operations.push(row())
  return operations
}
