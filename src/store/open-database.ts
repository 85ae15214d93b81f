import { ClassicLevel, type BatchOperation } from 'classic-level'

import { HoldfastError } from '../engine/core/errors.js'
import {
  storeFailure,
  type Database,
  type DatabaseIterator,
  type DatabaseOperation,
  type DatabaseRange,
} from './database.js'
import { ValueMemory } from './value-memory.js'

/**
 * Opens LevelDB in a folder.
 *
 * A LevelDB without its CURRENT file counts as new, and opening it deletes all of its tables. So only a caller who
 * knows that nothing is there may have one created.
 *
 * 16 MiB of write buffer: an import takes a third less of the processor than with the default 4 MiB, and the memory
 * stays bounded at twice the buffer. 4 MiB of table size: a compaction maps as many tables as overlap, and what it
 * maps counts as memory.
 *
 * @throws HoldfastError STORE_IN_USE, STORE_DAMAGED, DISK_FULL, NOT_WRITABLE, STORE_FAILED
 */
export async function openDatabase(folder: string, create: boolean): Promise<Database> {
  const db = new ClassicLevel<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    writeBufferSize: 16 * 1024 * 1024,
    maxFileSize: 4 * 1024 * 1024,
  })
  try {
    await db.open()
  } catch (error) {
    throw openFailure(error, folder)
  }
  return new LevelDatabase(db)
}

/** Above this mean size of a value, in bytes, the work for each operation no longer counts. */
const oneByOneMaxMeanBytes = 4096

type Operations = BatchOperation<ClassicLevel<Buffer, Buffer>, Buffer, Buffer>[]

class LevelDatabase implements Database {
  readonly #db: ClassicLevel<Buffer, Buffer>
  readonly #memory = new ValueMemory()

  constructor(db: ClassicLevel<Buffer, Buffer>) {
    this.#db = db
  }

  /**
   * Operations one by one cost a fraction of what an array of them costs, which is copied on its way down. But their
   * memory is freed only when the collector gets to it; so few and large ones go as an array.
   */
  async batch(operations: DatabaseOperation[], options: { sync: boolean }): Promise<void> {
    await (meanBytes(operations) > oneByOneMaxMeanBytes
      ? this.#db.batch(operations as Operations, options)
      : this.#oneByOne(operations, options))
    for (const operation of operations) {
      if (operation.type === 'put') this.#memory.takeBack(operation.value)
    }
  }

  lend(bytes: number): Buffer {
    return this.#memory.lend(bytes)
  }

  #oneByOne(operations: readonly DatabaseOperation[], options: { sync: boolean }): Promise<void> {
    const batch = this.#db.batch()
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value as Buffer)
      else batch.del(operation.key)
    }
    return batch.write(options)
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#db.get(key)
  }

  iterator(range: DatabaseRange): DatabaseIterator {
    return this.#db.iterator(range)
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

function meanBytes(operations: readonly DatabaseOperation[]): number {
  let bytes = 0
  for (const operation of operations) if (operation.type === 'put') bytes += operation.value.length
  return bytes / operations.length
}

function openFailure(error: unknown, folder: string): HoldfastError {
  const cause = error instanceof Error ? error.cause : undefined
  const code = (cause as { code?: string } | undefined)?.code
  const text = cause instanceof Error ? cause.message : String(error)
  if (code === 'LEVEL_LOCKED') {
    return new HoldfastError('STORE_IN_USE', `the store ${folder} is open in another process`, {
      cause: error,
    })
  }
  if (/permission denied|EACCES|read-only file system|EROFS/i.test(text)) {
    return new HoldfastError('NOT_WRITABLE', `the store ${folder} can't be written: ${text}`, {
      cause: error,
    })
  }
  if (code === 'LEVEL_CORRUPTION' || /corruption|does not exist \(create_if_missing/i.test(text)) {
    return new HoldfastError('STORE_DAMAGED', `the store ${folder} is damaged: ${text}`, { cause: error })
  }
  return storeFailure(error)
}
