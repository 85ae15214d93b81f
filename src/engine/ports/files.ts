import type { FileIdentity } from '../core/cursor.js'

export type FileType = 'file' | 'directory' | 'link' | 'other'

export interface FileStat {
  readonly type: FileType
  readonly size: number
  /** Milliseconds since 1970, with whatever fraction the file system keeps. */
  readonly mtimeMs: number
  readonly mode: number
  readonly identity: FileIdentity
}

export interface DirectoryEntry {
  readonly name: string
  readonly type: FileType
}

export interface DirectoryListing {
  readonly entries: readonly DirectoryEntry[]
  /** Names that are no valid UTF-8, in a printable form: they can be reported but not recorded. */
  readonly unrepresentable: readonly string[]
}

/** Thrown for anything but a missing file. `code` is the system's own (EACCES, EIO, ENOSPC …). */
export class FileError extends Error {
  readonly code: string
  readonly path: string
  constructor(code: string, path: string, cause?: unknown) {
    super(`${code}: ${path}`, { cause })
    this.name = 'FileError'
    this.code = code
    this.path = path
  }
}

/** An open file: stays the same inode whatever happens to its path. Close it. */
export interface FileHandle {
  stat(): FileStat
  /**
   * Up to `length` bytes from byte `position`; shorter at the end of the file.
   * @param into at least `length` bytes of memory that the result may lie in
   */
  read(position: number, length: number, into?: Uint8Array): Uint8Array
  close(): void
}

/**
 * Files of this machine. Calls are synchronous: a stat or a short read costs microseconds, and it lets one
 * observation be made without anything of ours in between. Links are never followed.
 */
export interface Files {
  /** undefined where nothing is there. */
  stat(path: string): FileStat | undefined
  /** Sorted by name. undefined where there is no such directory. */
  list(path: string): DirectoryListing | undefined
  /** Opens a regular file for reading; undefined where there is none (missing, a link, a directory, a device). */
  open(path: string): FileHandle | undefined
}

/** A file that is being written. End it with one of `finish` and `abandon`; a failed write has abandoned it. */
export interface NewFile {
  /** Adds all of the bytes. */
  write(bytes: Uint8Array): void
  /** Syncs, unless told not to, and closes. */
  finish(sync?: boolean): void
  /** Closes and removes it. Nothing happens after `finish`. */
  abandon(): void
}

/** What recovery and write-back need besides. Every call is durable when it returns unless it says otherwise. */
export interface WritableFiles extends Files {
  /** Makes the folder and its parents, private to the user (0700). */
  makeDirectory(path: string): void
  /** Creates a file that must not exist, mode 0600 unless given. The folder is not synced. */
  create(path: string, mode?: number): NewFile
  /** Atomically puts `from` in place of `to`, then syncs the folder. */
  rename(from: string, to: string): void
  /** Nothing happens where it is missing. */
  remove(path: string): void
  /**
   * Adds bytes at the end of a file that is there, in one write where the system takes them in one, whoever else writes
   * it. Not synced.
   * @param expected the file that is meant: another that took its place meanwhile is not written
   * @returns the file as it is afterwards; undefined where no regular file is there, or another one
   */
  append(path: string, bytes: Uint8Array, expected?: FileIdentity): FileStat | undefined
  /** Gives a file a second name. Not synced. @returns false where something has that name already */
  link(from: string, to: string): boolean
  /** Gives a file that nobody knows yet its name, and takes its first one away. Not synced. @returns as `link` */
  place(from: string, to: string): boolean
}
