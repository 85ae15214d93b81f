import type { Dirent, Stats } from 'node:fs'
import type { FileStat, FileType } from '../engine/ports/files.js'

/** What kind of thing it is, from a stat or from a directory entry. */
export function fileType(found: Stats | Dirent): FileType {
  if (found.isFile()) return 'file'
  if (found.isDirectory()) return 'directory'
  if (found.isSymbolicLink()) return 'link'
  return 'other'
}

/** A stat in the engine's terms. */
export function toFileStat(stats: Stats): FileStat {
  return {
    type: fileType(stats),
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    mode: stats.mode & 0o7777,
    identity: {
      dev: stats.dev,
      ino: stats.ino,
      // Where the system keeps no birth time, Node gives the ctime, which moves with every change: 0, not known.
      birthMs: stats.birthtimeMs === stats.ctimeMs ? 0 : stats.birthtimeMs,
    },
  }
}
