import { HoldfastError } from '../engine/core/errors.js'

export type DatabaseOperation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer | Uint8Array }
  | { readonly type: 'del'; readonly key: Buffer }

export interface DatabaseRange {
  readonly gte: Buffer
  readonly lt: Buffer
  readonly reverse?: boolean
  readonly limit?: number
  /** False to read keys only. */
  readonly values?: boolean
  /** How many bytes one `nextv` may gather. */
  readonly highWaterMarkBytes?: number
}

export interface DatabaseIterator {
  /** Up to `size` entries; none at the end. */
  nextv(size: number): Promise<[Buffer, Buffer][]>
  close(): Promise<void>
}

/**
 * The key-value store below: LevelDB (`level`), or a stand-in with the same behaviour (`memory-level`). Opened with
 * keys and values as buffers. A batch is atomic; with `sync` it is durable when it resolves.
 */
export interface Database {
  batch(operations: DatabaseOperation[], options: { sync: boolean }): Promise<void>
  /**
   * At least so many bytes for a large value of a later batch, which takes them back. Only a database that copies its
   * values lends any.
   */
  lend?(bytes: number): Buffer
  get(key: Buffer): Promise<Buffer | undefined>
  iterator(range: DatabaseRange): DatabaseIterator
  close(): Promise<void>
}

/**
 * Writes operations atomically and durably: when it resolves they survive a power loss.
 * @throws HoldfastError DISK_FULL, STORE_FAILED
 */
export async function writeSynced(db: Database, operations: readonly DatabaseOperation[]): Promise<void> {
  try {
    await db.batch([...operations], { sync: true })
  } catch (error) {
    throw storeFailure(error)
  }
}

/** What a failed call of the database means to a person. */
export function storeFailure(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  const text = messages(error)
  if (/no space left|ENOSPC|disk quota|EDQUOT/i.test(text)) {
    return new HoldfastError('DISK_FULL', 'no space is left for the store', { cause: error })
  }
  return new HoldfastError('STORE_FAILED', `the store failed: ${text.split('\n')[0]}`, { cause: error })
}

function messages(error: unknown): string {
  const parts: string[] = []
  for (let e: unknown = error; e instanceof Error; e = e.cause) parts.push(e.message)
  return parts.length > 0 ? parts.join('\n') : String(error)
}
