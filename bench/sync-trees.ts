import { createHash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Files that Holdfast keeps for itself among the agents' files: no contender has to bring them. */
export const ownFilePrefix = '.holdfast-'
const newline = 0x0a

/** Session files below a user's folder, with `/`, sorted. */
export function sessionFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((name) => name.startsWith(ownFilePrefix)))
    .sort()
}

/** One digest over the paths and bytes of all session files below a folder. */
export function sessionDigest(folder: string): string {
  const hash = createHash('sha256')
  for (const path of sessionFiles(folder)) hash.update(`${path}\0${fileDigest(join(folder, path))}\0`)
  return hash.digest('hex')
}

/** The digest of two folders that hold the same files, byte for byte. Throws where they don't, and names a file. */
export function sameSessions(near: string, far: string): string {
  const names = [...new Set([...sessionFiles(near), ...sessionFiles(far)])].sort()
  const different = names.filter((path) => fileDigest(join(near, path)) !== fileDigest(join(far, path)))
  if (different.length > 0)
    throw new Error(
      `${different.length} of ${names.length} files differ at the far end, such as ${different[0]}`,
    )
  return sessionDigest(far)
}

/** Whether these files, relative to both folders, hold the same bytes there. Throws where one does not. */
export function sameFiles(near: string, far: string, paths: readonly string[]): void {
  for (const path of paths) {
    if (fileDigest(join(near, path)) !== fileDigest(join(far, path)))
      throw new Error(`${path} differs at the far end`)
  }
}

function fileDigest(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return 'none'
  }
}

/**
 * Ends the last line of every session below a folder, as an agent does that was not killed while it wrote: Holdfast brings
 * a line to other hosts once it is whole. Keeps the files' times.
 */
export function endLines(folder: string): void {
  for (const path of sessionFiles(folder).filter((each) => each.endsWith('.jsonl'))) {
    const full = join(folder, path)
    const { atime, mtime } = statSync(full)
    const file = openSync(full, 'a+')
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    if (size > 0) readSync(file, last, 0, 1, size - 1)
    const torn = size > 0 && last[0] !== newline
    if (torn) writeSync(file, '\n')
    closeSync(file)
    if (torn) utimesSync(full, atime, mtime)
  }
}
