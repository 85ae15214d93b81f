import { beginsWithNulRun, nulRunMinBytes } from '../core/assess.js'
import type { FileHandle } from '../ports/files.js'

/** Disks lose whole sectors, and no file system has smaller blocks. */
const sectorBytes = 512

/**
 * Whether a run of NULs stands at a position where the log has other bytes: long enough by itself (`beginsWithNulRun`),
 * or ending with a sector, where the next one was written and what was appended to this one was not.
 */
export function nulRunAt(handle: FileHandle, position: number): boolean {
  if (beginsWithNulRun(handle.read(position, nulRunMinBytes))) return true
  const left = sectorBytes - (position % sectorBytes)
  return left < nulRunMinBytes && handle.read(position, left).every((byte) => byte === 0)
}
