import type { Hasher } from '../ports/hash.js'

const encoder = new TextEncoder()

/**
 * A conflict's name over all streams: 16 hex digits. The merge's own id is made of contents alone, and copies of one
 * session in two streams would share it.
 */
export function conflictName(hasher: Hasher, stream: string, id: string): string {
  const hash = hasher.sha256(encoder.encode(`conflict\0${stream}\0${id}`))
  return Buffer.from(hash.subarray(0, 8)).toString('hex')
}

/**
 * The id of the session that a branch becomes. Made of what is split off, so that doing it again, here or on another
 * host, makes no second copy. It looks like a random UUID because agents look for nothing else.
 */
export function splitSessionId(hasher: Hasher, conflict: string, head: string): string {
  const bytes = Buffer.from(hasher.sha256(encoder.encode(`split\0${conflict}\0${head}`)).subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [0, 8, 12, 16, 20].map((from, i, all) => hex.slice(from, all[i + 1])).join('-')
}
