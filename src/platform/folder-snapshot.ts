import { dirname, join } from 'node:path'
import { limits } from '../engine/core/limits.js'
import type { Files, FileStat } from '../engine/ports/files.js'
import { FileError } from '../engine/ports/files.js'

/** What was seen below a folder: for each folder its files, each with a mark that differs once the file does. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Bounds of one look. */
export interface SnapshotLimits {
  readonly rootMaxFiles: number
  readonly rootMaxDepth: number
}

/**
 * Looks at everything below a folder and says what differs from the last look: the paths of new, changed and missing
 * files; for a new or missing folder its own path alone. Yields after every entry, so that the caller can let others
 * run. What can't be read for a moment is taken as unchanged.
 */
export function* takeSnapshot(
  files: Files,
  root: string,
  last: Snapshot,
  onChange: (path: string) => void,
  bounds: SnapshotLimits = limits,
): Generator<undefined, Snapshot> {
  const next = new Map<string, ReadonlyMap<string, string>>()
  const waiting = [{ folder: root, depth: 0, hinted: false }]
  let count = 0
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    yield
    const { folder, depth } = at
    const before = last.get(folder)
    const listing = attempt(() => files.list(folder))
    if (listing === unreadable) {
      if (before) keepBelow(folder, last, next)
      continue
    }
    if (!listing) continue
    const hinted = at.hinted || !before
    if (hinted && !at.hinted) onChange(folder)
    const marks = new Map<string, string>()
    next.set(folder, marks)
    for (const entry of listing.entries) {
      if (count >= bounds.rootMaxFiles) break
      count += 1
      const path = join(folder, entry.name)
      if (entry.type === 'directory' && depth < bounds.rootMaxDepth) {
        waiting.push({ folder: path, depth: depth + 1, hinted })
      }
      if (entry.type !== 'file') continue
      yield
      const stat = attempt(() => files.stat(path))
      const mark = stat === unreadable ? before?.get(entry.name) : stat && markOf(stat)
      if (mark === undefined) continue
      marks.set(entry.name, mark)
      if (!hinted && before?.get(entry.name) !== mark) onChange(path)
    }
    if (hinted) continue
    for (const name of before?.keys() ?? []) if (!marks.has(name)) onChange(join(folder, name))
  }
  for (const folder of last.keys()) {
    if (!next.has(folder) && (folder === root || next.has(dirname(folder)))) onChange(folder)
  }
  return next
}

const unreadable = Symbol('unreadable')

function attempt<T>(look: () => T): T | typeof unreadable {
  try {
    return look()
  } catch (error) {
    if (error instanceof FileError) return unreadable
    throw error
  }
}

function markOf(stat: FileStat): string {
  return `${stat.identity.ino} ${stat.size} ${stat.mtimeMs}`
}

function keepBelow(folder: string, last: Snapshot, next: Map<string, ReadonlyMap<string, string>>): void {
  for (const [path, marks] of last) {
    if (path === folder || path.startsWith(join(folder, '/'))) next.set(path, marks)
  }
}
