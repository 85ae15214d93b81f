import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { nulRunMinBytes } from '../../src/engine/core/assess.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { TrueFile } from './agent.js'

/** What a crash, or somebody after it, did to one file. */
export interface Damage {
  readonly kind: 'deleted' | 'cut' | 'nul'
  readonly file: TrueFile
  /** What the damage left; null where the file is gone. */
  readonly left: Buffer | null
  /** nul: what stands behind the run of NULs. */
  readonly behind: Buffer
  /** The agent went on in the damaged file. */
  readonly continued: boolean
}

const continuation = Buffer.from('{"type":"user","uuid":"after-the-crash","message":"going on"}\n')

export function deletedFile(file: TrueFile): Damage {
  return { kind: 'deleted', file, left: null, behind: Buffer.alloc(0), continued: false }
}

/** Damages one file in one of the ways of a crash. null where there is nothing to damage. */
export function damageFile(file: TrueFile, random: SeededRandom): Damage | null {
  const before = file.onDisk()
  if (before === null || before.length < 2) return null
  const draw = random.float()
  if (draw < 0.3) {
    rmSync(file.absolute)
    return deletedFile(file)
  }
  // Near the end, as a crash does it, or anywhere.
  const from = random.chance(0.5)
    ? Math.max(0, before.length - 1 - random.int(8192))
    : random.int(before.length - 1)
  const isLog = file.path.endsWith('.jsonl')
  const continued = isLog && random.chance(0.2)
  if (draw < 0.65) {
    truncateSync(file.absolute, from)
    if (continued) appendFileSync(file.absolute, continuation)
    const left = readFileSync(file.absolute)
    return { kind: 'cut', file, left, behind: Buffer.alloc(0), continued }
  }
  // Mostly to the end; sometimes a later page reached the disk and an earlier one didn't. Fewer NULs than count as
  // damage are somebody's edit.
  const most = before.length - from
  const inside = most > nulRunMinBytes && random.chance(0.3)
  const to = inside ? from + nulRunMinBytes + random.int(most - nulRunMinBytes) : before.length
  writeFileSync(
    file.absolute,
    Buffer.concat([before.subarray(0, from), Buffer.alloc(to - from), before.subarray(to)]),
  )
  if (continued) appendFileSync(file.absolute, continuation)
  const left = readFileSync(file.absolute)
  return { kind: 'nul', file, left, behind: left.subarray(to), continued }
}

/**
 * Why what stands there after a recovery is wrong, or null where it is right.
 *
 * @param acknowledged what the log acknowledged of the file before the crash, null where it is not sure to continue
 */
export function whyWrong(damage: Damage, now: Buffer | null, acknowledged: Buffer | null): string | null {
  const { left, behind, continued } = damage
  if (now === null) {
    return left === null && (acknowledged === null || acknowledged.length === 0) ? null : 'it is missing'
  }
  if (!isAllowed(damage, now)) return 'it holds what it never held'
  if (left !== null && damage.kind === 'cut' && !continued && now.length < left.length)
    return 'it became shorter'
  if (continued || acknowledged === null) return null
  if (!now.subarray(0, acknowledged.length).equals(acknowledged)) {
    return `acknowledged bytes are missing: ${acknowledged.length} acknowledged, ${now.length} there, ${behind.length} behind`
  }
  return null
}

function isAllowed({ kind, file, left, behind }: Damage, now: Buffer): boolean {
  if (file.once(now) || left?.equals(now)) return true
  if (kind !== 'nul' || behind.length === 0) return false
  // The recorded part stands again, and what came behind the damage follows, on a line of its own.
  const start = now.subarray(0, now.length - behind.length)
  if (!now.subarray(start.length).equals(behind)) return false
  return file.once(start) || (start.at(-1) === 0x0a && file.once(start.subarray(0, -1)))
}
