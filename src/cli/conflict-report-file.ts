import { writeFileSync } from 'node:fs'
import { HoldfastError } from '../engine/core/errors.js'

/** Writes a report where somebody asked for it, private to the user, since it holds what sessions say. */
export function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new HoldfastError(
      code === 'ENOSPC' ? 'DISK_FULL' : 'NOT_WRITABLE',
      `cannot write ${path} (${code})`,
      {
        cause: error,
        next: 'Name a file in a folder that you may write to.',
      },
    )
  }
}
