import type { SeededRandom } from '../fixtures-gen/random.js'
import { writtenBackAfterMs, type Disk } from './disk.js'
import type { Inode } from './inode.js'

export interface Damage {
  readonly path: string
  readonly what: 'reverted' | 'cut' | 'nul'
}

/**
 * Takes from the disk what a power loss may take: the newest names that no folder sync made safe, and of each file what
 * was written in the last half minute and not synced, by blocks. Files and names beyond that stay.
 */
export function losePower(disk: Disk, random: SeededRandom, nowMs: number, blockBytes: number): Damage[] {
  const damages: Damage[] = []
  disk.undoNames()
  const seen = new Set<Inode>()
  for (const { path, inode } of disk.walk('')) {
    if (seen.has(inode)) continue
    seen.add(inode)
    const what = damage(inode, random, nowMs, blockBytes)
    if (what) damages.push({ path, what })
    inode.versions = [{ atMs: nowMs, bytes: inode.bytes }]
  }
  return damages
}

function damage(
  inode: Inode,
  random: SeededRandom,
  nowMs: number,
  blockBytes: number,
): Damage['what'] | null {
  const certainAt = inode.versions.findLastIndex(({ atMs }) => atMs <= nowMs - writtenBackAfterMs)
  const certain = inode.versions[Math.max(0, certainAt)]?.bytes ?? inode.bytes
  const now = inode.bytes
  if (certain.equals(now) || random.chance(0.35)) return null
  const grown = now.length > certain.length && now.subarray(0, certain.length).equals(certain)
  switch (random.int(3)) {
    case 0:
      // What was written last never came to the platter, nor did the inode's new size.
      inode.bytes = random.chance(0.5) ? certain : (random.pick(inode.versions)?.bytes ?? certain)
      return inode.bytes.equals(now) ? null : 'reverted'
    case 1: {
      if (!grown) return null
      const from = Math.ceil(certain.length / blockBytes)
      const to = Math.floor(now.length / blockBytes)
      const at = Math.min(now.length, (from + random.int(Math.max(1, to - from + 1))) * blockBytes)
      inode.bytes = now.subarray(0, Math.max(certain.length, at))
      return inode.bytes.length === now.length ? null : 'cut'
    }
    default:
      inode.bytes = zeroBlocks(now, certain, random, blockBytes)
      return inode.bytes.equals(now) ? null : 'nul'
  }
}

/** The size is there and some blocks are not: what was never written reads as NULs. */
function zeroBlocks(now: Buffer, certain: Buffer, random: SeededRandom, blockBytes: number): Buffer {
  const left = Buffer.from(now)
  const allOf = random.chance(0.5)
  for (let at = 0; at < now.length; at += blockBytes) {
    const end = Math.min(now.length, at + blockBytes)
    if (now.subarray(at, end).equals(certain.subarray(at, end))) continue
    if (!allOf && random.chance(0.5)) continue
    let same = at
    while (same < end && now[same] === certain[same]) same += 1
    left.fill(0, same, end)
  }
  return left
}
