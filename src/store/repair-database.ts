import { ClassicLevel } from 'classic-level'

import { HoldfastError } from '../engine/core/errors.js'

/**
 * Mends a LevelDB that can't be opened: its tables are read one by one and listed anew. What can't be read is dropped
 * without a word, so the caller keeps a copy and checks every log afterwards.
 */
export async function repairDatabase(folder: string): Promise<void> {
  try {
    await ClassicLevel.repair(folder)
  } catch (error) {
    throw new HoldfastError('STORE_DAMAGED', `the store ${folder} can't be mended`, {
      cause: error,
      next: 'Keep the folder, set HOLDFAST_HOME to a new one, and record what is on disk.',
    })
  }
}
