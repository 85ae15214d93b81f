import type { Files } from '../ports/files.js'

/** What the lock file of a root says. */
export interface OwnerRecord {
  readonly log: string
  readonly hostName: string
  readonly machine: string
  readonly pid: number
  /** Since when the root is its own, and when it last said so: ms since 1970 by its clock. */
  readonly sinceMs: number
  readonly beatMs: number
}

export interface OwnerFile {
  /** null where the file can't be understood: damaged, or of a version that is not known here. */
  readonly record: OwnerRecord | null
  readonly mtimeMs: number
}

const version = 1
const recordMaxBytes = 64 * 1024

/** The lock file; undefined where there is none. Throws FileError where it can't be read. */
export function readOwner(files: Files, path: string): OwnerFile | undefined {
  const handle = files.open(path)
  if (!handle) {
    // A folder or a link of that name is no lock of ours, but somebody put it there.
    const stat = files.stat(path)
    return stat && { record: null, mtimeMs: stat.mtimeMs }
  }
  try {
    const { size, mtimeMs } = handle.stat()
    const bytes = size > recordMaxBytes ? new Uint8Array() : handle.read(0, size)
    return { record: decode(new TextDecoder().decode(bytes)), mtimeMs }
  } finally {
    handle.close()
  }
}

export function encodeOwner(record: OwnerRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version, ...record })}\n`)
}

/** Whether a time can be that of a last word: not in the future by more than `aheadMs`, which no clock explains. */
export function believable(time: number | null, nowMs: number, aheadMs: number): time is number {
  return time !== null && time <= nowMs + aheadMs
}

function decode(text: string): OwnerRecord | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Readonly<Record<string, unknown>>
  const { log, hostName, machine, pid, sinceMs, beatMs } = fields
  if (fields['version'] !== version) return null
  if (typeof log !== 'string' || typeof hostName !== 'string' || typeof machine !== 'string') return null
  if (typeof pid !== 'number' || typeof sinceMs !== 'number' || typeof beatMs !== 'number') return null
  return { log, hostName, machine, pid, sinceMs, beatMs }
}
