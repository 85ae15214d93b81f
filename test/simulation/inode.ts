import type { FileStat, FileType } from '../../src/engine/ports/files.js'

/** Content as it was at some moment. Never changed in place, so that it can be shared. */
export interface Version {
  readonly atMs: number
  readonly bytes: Buffer
}

/** A file, folder or link of the simulated disk, whatever its names are. */
export interface Inode {
  readonly ino: number
  readonly type: FileType
  readonly birthMs: number
  mode: number
  mtimeMs: number
  bytes: Buffer
  /** Contents that a power loss may bring back, oldest first; the first is certain to be on the platter. */
  versions: Version[]
  /** How many names it has. */
  links: number
  /** Names of a folder. */
  readonly entries: Map<string, Inode>
  /** Names of a folder that are no UTF-8, as they are to be reported. */
  readonly undecodable: string[]
  /** Nobody may read it. */
  denied: boolean
}

/** What the system says of an inode. */
export function statOf(inode: Inode): FileStat {
  const { ino, type, mode, mtimeMs, birthMs, bytes } = inode
  const size = type === 'directory' ? 4096 : bytes.length
  return { type, size, mode, mtimeMs, identity: { dev: 1, ino, birthMs } }
}
