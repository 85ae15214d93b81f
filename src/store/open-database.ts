import { Level } from 'level'

import { HoldfastError } from '../engine/core/errors.js'
import { storeFailure, type Database } from './database.js'

/**
 * Opens LevelDB in a folder.
 *
 * A LevelDB without its CURRENT file counts as new, and opening it deletes all of its tables. So only a caller who
 * knows that nothing is there may have one created.
 *
 * 16 MiB of write buffer and table size: an import writes half as often as with the default 4 and 2 MiB, and the
 * memory stays bounded at twice the buffer.
 *
 * @throws HoldfastError STORE_IN_USE, STORE_DAMAGED, DISK_FULL, NOT_WRITABLE, STORE_FAILED
 */
export async function openDatabase(folder: string, create: boolean): Promise<Database> {
  // The last two are LevelDB's own; level's types know only what browsers have too.
  const options = {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    writeBufferSize: 16 * 1024 * 1024,
    maxFileSize: 16 * 1024 * 1024,
  }
  const db = new Level<Buffer, Buffer>(folder, options)
  try {
    await db.open()
  } catch (error) {
    throw openFailure(error, folder)
  }
  return db
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
