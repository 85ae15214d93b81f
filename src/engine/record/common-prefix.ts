import { HoldfastError } from '../core/errors.js'
import type { Content } from '../core/replay-plan.js'
import type { FileHandle } from '../ports/files.js'
import type { LogReader } from '../ports/log.js'
import { contentBytes } from '../replay/content.js'

/**
 * The number of bytes that a file and a recorded content have in common from their start.
 * Reads both in pieces of at most one event; stops at the first difference. Recorded bytes that the store can't read
 * any more count as different: what the file holds there gets recorded anew.
 */
export async function commonPrefix(handle: FileHandle, content: Content, reader: LogReader): Promise<number> {
  let position = 0
  try {
    for await (const recorded of contentBytes(reader, content)) {
      const same = matchingBytes(recorded, handle.read(position, recorded.length))
      position += same
      if (same < recorded.length) break
    }
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') throw error
  }
  return position
}

/** How many leading bytes are equal. */
export function matchingBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  if (Buffer.compare(a.subarray(0, length), b.subarray(0, length)) === 0) return length
  let low = 0
  let high = length
  // Halving with native comparisons finds a difference late in a large extent quickly.
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(a.subarray(low, middle), b.subarray(low, middle)) === 0) low = middle
    else high = middle
  }
  return low
}
