import type { Cursor, FileIdentity } from '../core/cursor.js'
import { limits } from '../core/limits.js'
import type { FileHandle, FileStat } from '../ports/files.js'
import type { Hasher } from '../ports/hash.js'
import type { WatchedRoot } from './watched-root.js'

/** A cursor at the start of a file that nothing is known of. */
export function freshCursor(root: WatchedRoot, path: string, home: string, identity: FileIdentity): Cursor {
  return {
    facts: { root: root.name, format: root.format.name, path, home, cwd: null },
    epoch: 0,
    position: 0,
    state: 'live',
    identity,
    size: -1,
    mtimeMs: -1,
    tailLength: 0,
    tailHash: '',
    checked: 0,
    changedMs: 0,
    suspect: null,
  }
}

/** Whether a file looks as it did when it was last recorded, or assessed. */
export function unchanged(cursor: Cursor, stat: FileStat): boolean {
  const { suspect } = cursor
  if (suspect) return suspect.size === stat.size && suspect.mtimeMs === stat.mtimeMs
  if (cursor.state !== 'live' || cursor.size !== stat.size || cursor.mtimeMs !== stat.mtimeMs) return false
  return sameIdentity(cursor.identity, stat.identity)
}

export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  if (a.ino !== b.ino || a.dev !== b.dev) return false
  return a.birthMs === b.birthMs || a.birthMs === 0 || b.birthMs === 0
}

/** The hash of what stands before the cursor, as far as one observation looks back. */
export function tailOf(
  hasher: Hasher,
  position: number,
  lastExtent: Uint8Array | undefined,
  handle: FileHandle,
): Pick<Cursor, 'tailLength' | 'tailHash'> {
  const tailLength = Math.min(limits.tailMaxBytes, position)
  const known = lastExtent !== undefined && lastExtent.length >= tailLength
  const tail = known
    ? lastExtent.subarray(lastExtent.length - tailLength)
    : handle.read(position - tailLength, tailLength)
  return { tailLength, tailHash: hashHex(hasher.xxh64(tail)) }
}

/** False where the cursor knows no tail: then only a comparison with the log can tell. */
export function tailMatches(hasher: Hasher, cursor: Cursor, handle: FileHandle): boolean {
  const { position, tailLength } = cursor
  if (tailLength > position || (tailLength === 0 && position > 0)) return false
  const tail = handle.read(cursor.position - cursor.tailLength, cursor.tailLength)
  return tail.length === cursor.tailLength && hashHex(hasher.xxh64(tail)) === cursor.tailHash
}

export function hashHex(hash: bigint): string {
  return hash.toString(16).padStart(16, '0')
}
