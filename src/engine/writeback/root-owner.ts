import { ownPrefix } from '../formats/droppings.js'
import type { Clock } from '../ports/clock.js'
import { FileError, type WritableFiles } from '../ports/files.js'
import type { Processes } from '../ports/processes.js'
import { believable, encodeOwner, readOwner, type OwnerFile, type OwnerRecord } from './owner-record.js'

export interface OwnerTools {
  readonly files: WritableFiles
  readonly clock: Clock
  readonly processes: Processes
}

/** Who asks for a root. */
export interface OwnerSelf {
  /** Ids of this host's own logs: first the one that it writes, then those that it continued. */
  readonly logs: readonly [string, ...string[]]
  readonly hostName: string
  /** This machine's id, as in the identity. */
  readonly machine: string
  readonly pid: number
}

export interface FormerOwner {
  /** null where the lock file can't be read. */
  readonly hostName: string | null
  readonly sinceMs: number
}

export type RootClaim =
  /** `takenFrom`: somebody else's lock that was given up; to be told, since he only records from now on. */
  | { readonly owner: 'self'; readonly takenFrom: FormerOwner | null }
  | ({ readonly owner: 'other' } & FormerOwner)

export const ownerFileName = `${ownPrefix}owner`
const guardFileName = `${ownPrefix}owner-claim`

const dayMs = 24 * 60 * 60 * 1000
/** Without a word for this long, an owner is gone. */
const abandonedMs = 7 * dayMs
const beatMs = 60 * 60 * 1000
/** A guard stands for milliseconds: one this old was left by a crash. */
const guardMaxMs = 60 * 1000
/** Of two on one machine, where the system does not tell which processes run: two missed beats. */
const silentMs = 2 * beatMs

/**
 * Claims a root for writing: one Holdfast owns it, any other there only records. Call it before each pass of
 * write-back; it tells at once when the root was lost, and renews the lock by itself, at most once an hour.
 *
 * The root is ours where nobody claimed it, where one of our logs did, or where one did that is gone: another Holdfast
 * on this machine whose process ended (it was installed anew), or anyone who was silent for 7 days. A lock that can't be
 * read, or that a newer version wrote, is somebody else's until then. Of several that claim at once one gets it, because
 * the lock is replaced only under a guard that is created exclusively; the others hear `other` and ask again later.
 *
 * Throws FileError where the base folder is missing or can't be written.
 */
export function claimRoot(tools: OwnerTools, base: string, self: OwnerSelf): RootClaim {
  const path = `${base}/${ownerFileName}`
  const seen = readOwner(tools.files, path)
  const first = judge(tools, seen, self)
  if (first === 'other' || first === 'self') return claimOf(first, seen)
  if (!enterGuard(tools, base)) return ours(seen, self) ? claimOf('self', seen) : claimOf('other', seen)
  try {
    // What stood there before the guard was ours may have been replaced meanwhile.
    const current = readOwner(tools.files, path)
    const verdict = judge(tools, current, self)
    if (verdict === 'other' || verdict === 'self') return claimOf(verdict, current)
    const now = tools.clock.now()
    const sinceMs = verdict === 'renew' ? (current?.record?.sinceMs ?? now) : now
    replace(tools.files, path, encodeOwner({ ...identityOf(self), sinceMs, beatMs: now }))
    const written = readOwner(tools.files, path)
    if (!ours(written, self)) return claimOf('other', written)
    return { owner: 'self', takenFrom: verdict === 'take' && current ? formerOf(current) : null }
  } finally {
    tools.files.remove(`${base}/${guardFileName}`)
  }
}

/** Gives a root up that is ours, so that another may claim it at once. Nothing happens where it is not. */
export function releaseRoot(tools: OwnerTools, base: string, self: OwnerSelf): void {
  const path = `${base}/${ownerFileName}`
  if (!ours(readOwner(tools.files, path), self) || !enterGuard(tools, base)) return
  try {
    if (ours(readOwner(tools.files, path), self)) tools.files.remove(path)
  } finally {
    tools.files.remove(`${base}/${guardFileName}`)
  }
}

/** self, other: leave it as it is; renew: ours, to be written anew; take: nobody's any more. */
type Verdict = 'self' | 'other' | 'renew' | 'take'

function judge(tools: OwnerTools, file: OwnerFile | undefined, self: OwnerSelf): Verdict {
  if (!file) return 'take'
  const { record } = file
  const now = tools.clock.now()
  if (record && ours(file, self)) {
    const age = now - record.beatMs
    const current = record.log === self.logs[0] && record.pid === self.pid && record.machine === self.machine
    return current && age >= 0 && age < beatMs ? 'self' : 'renew'
  }
  // Its clock or the file system's: whichever heard of it last, unless that is no time at all.
  const times = [record?.beatMs ?? null, file.mtimeMs].filter((time) => believable(time, now, abandonedMs))
  const silence = now - Math.max(...times.map(Number), Number.NEGATIVE_INFINITY)
  if (silence > abandonedMs) return 'take'
  return record?.machine === self.machine && isGone(tools, record, silence) ? 'take' : 'other'
}

/** Whether the process of another Holdfast on this machine ended. A process that began after its last word is another. */
function isGone(tools: OwnerTools, record: OwnerRecord, silence: number): boolean {
  const { known, list } = tools.processes.agents([record.pid])
  if (!known) return silence > silentMs
  const running = list.find(({ pid }) => pid === record.pid)
  return !running || (running.startedMs !== null && running.startedMs > record.beatMs + 1000)
}

function ours(file: OwnerFile | undefined, self: OwnerSelf): boolean {
  const log = file?.record?.log
  return log !== undefined && self.logs.includes(log)
}

function claimOf(owner: 'self' | 'other', file: OwnerFile | undefined): RootClaim {
  if (owner === 'self') return { owner, takenFrom: null }
  // Another one that claims it right now has not written yet.
  return { owner, ...(file ? formerOf(file) : { hostName: null, sinceMs: 0 }) }
}

function formerOf({ record, mtimeMs }: OwnerFile): FormerOwner {
  return record
    ? { hostName: record.hostName, sinceMs: record.sinceMs }
    : { hostName: null, sinceMs: mtimeMs }
}

function identityOf({ logs, hostName, machine, pid }: OwnerSelf): Omit<OwnerRecord, 'sinceMs' | 'beatMs'> {
  return { log: logs[0], hostName, machine, pid }
}

/** False where another process is inside. A guard that a crash left is removed for the next time. */
function enterGuard({ files, clock }: OwnerTools, base: string): boolean {
  const path = `${base}/${guardFileName}`
  try {
    files.create(path).finish()
    return true
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'EEXIST') throw error
  }
  const stat = files.stat(path)
  if (stat && Math.abs(clock.now() - stat.mtimeMs) > guardMaxMs) files.remove(path)
  return false
}

/** Under the guard, so no other process uses the temporary name. */
function replace(files: WritableFiles, path: string, bytes: Uint8Array): void {
  const temporary = `${path}-new`
  files.remove(temporary)
  const file = files.create(temporary)
  file.write(bytes)
  file.finish()
  files.rename(temporary, path)
}
