import * as nodeFs from 'node:fs'
import { dirname } from 'node:path'
import type { FileIdentity } from '../engine/core/cursor.js'
import type { DirectoryListing, FileHandle, FileStat, WritableFiles, NewFile } from '../engine/ports/files.js'
import { FileError } from '../engine/ports/files.js'
import { toFileStat } from './file-stat.js'
import { listFolder } from './list-folder.js'
import { systemCode } from './system-error.js'

const { constants } = nodeFs

/** The calls that a test replaces to see a full disk or a write that is cut short. */
export interface FileCalls {
  readSync(fd: number, buffer: Uint8Array, from: number, length: number, position: number): number
  writeSync(fd: number, buffer: Uint8Array, from: number, length: number): number
  fsyncSync(fd: number): void
}

/** What the system says where nothing of use is there. ELOOP: a link, which is never followed. */
const missingCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/** What a folder's sync answers on file systems that have none (SMB, some FUSE): there is nothing to sync. */
const folderSyncUnknownCodes = new Set(['EINVAL', 'EPERM', 'ENOTSUP'])

/** Neither a link nor a pipe without a writer may take hold of us between the look and the open. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The files of this machine, by Node's synchronous calls. */
export function createNodeFiles(calls: FileCalls = nodeFs): WritableFiles {
  return {
    stat: (path) => orMissing(path, () => lstat(path)),
    list: (path) => orMissing(path, () => list(path)),
    open: (path) => orMissing(path, () => open(calls, path)),
    makeDirectory: (path) => orFail(path, () => makeDirectory(path)),
    create: (path, mode = 0o600) => orFail(path, () => create(calls, path, mode)),
    rename: (from, to) => orFail(from, () => rename(from, to)),
    remove: (path) => orFail(path, () => remove(path)),
    append: (path, bytes, expected) => orMissing(path, () => append(calls, path, bytes, expected)),
    link: (from, to) => orFail(to, () => link(from, to)),
    place: (from, to) =>
      orFail(to, () => {
        const placed = link(from, to)
        nodeFs.unlinkSync(from)
        return placed
      }),
  }
}

function orFail<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(systemCode(error), path, error)
  }
}

function orMissing<T>(path: string, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    const code = systemCode(error)
    if (missingCodes.has(code)) return undefined
    throw new FileError(code, path, error)
  }
}

function lstat(path: string): FileStat | undefined {
  const stats = nodeFs.lstatSync(path, { throwIfNoEntry: false })
  return stats && toFileStat(stats)
}

function list(path: string): DirectoryListing | undefined {
  // readdir would follow a link at the end of the path.
  const stats = nodeFs.lstatSync(path, { throwIfNoEntry: false })
  return stats?.isDirectory() ? listFolder(path) : undefined
}

function open(calls: FileCalls, path: string): FileHandle | undefined {
  // Opening a pipe wakes its writer and opening a device may move it, so look before.
  if (!nodeFs.lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const fd = nodeFs.openSync(path, readFlags)
  try {
    if (!nodeFs.fstatSync(fd).isFile()) {
      nodeFs.closeSync(fd)
      return undefined
    }
  } catch (error) {
    nodeFs.closeSync(fd)
    throw error
  }
  let closed = false
  return {
    stat: () => orFail(path, () => toFileStat(nodeFs.fstatSync(fd))),
    read: (position, length, into) => orFail(path, () => read(calls, fd, position, length, into)),
    close: () => {
      // A second close could hit another file that was given the same number meanwhile.
      if (closed) return
      closed = true
      nodeFs.closeSync(fd)
    },
  }
}

function read(
  calls: FileCalls,
  fd: number,
  position: number,
  length: number,
  into: Uint8Array | undefined,
): Uint8Array {
  // Sized by what is there: a short tail must not keep a whole extent's memory alive in a queue.
  const wanted = Math.max(0, Math.min(length, nodeFs.fstatSync(fd).size - position))
  const buffer = into ?? Buffer.allocUnsafeSlow(wanted)
  let filled = 0
  while (filled < wanted) {
    const got = calls.readSync(fd, buffer, filled, wanted - filled, position + filled)
    if (got === 0) break
    filled += got
  }
  return new Uint8Array(buffer.buffer, buffer.byteOffset, filled)
}

function create(calls: FileCalls, path: string, mode: number): NewFile {
  const fd = nodeFs.openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
  let isOpen = true
  const abandon = (): void => {
    if (!isOpen) return
    isOpen = false
    nodeFs.closeSync(fd)
    nodeFs.rmSync(path, { force: true })
  }
  const orAbandon = (action: () => void): void => {
    try {
      orFail(path, action)
    } catch (error) {
      abandon()
      throw error
    }
  }
  // The umask may have taken bits away.
  orAbandon(() => nodeFs.fchmodSync(fd, mode))
  return {
    write: (bytes) => orAbandon(() => writeWhole(calls, fd, bytes)),
    finish: (sync = true) => {
      if (sync) orAbandon(() => calls.fsyncSync(fd))
      isOpen = false
      nodeFs.closeSync(fd)
    },
    abandon,
  }
}

function writeWhole(calls: FileCalls, fd: number, chunk: Uint8Array): void {
  let written = 0
  while (written < chunk.length) written += calls.writeSync(fd, chunk, written, chunk.length - written)
}

function append(
  calls: FileCalls,
  path: string,
  bytes: Uint8Array,
  expected: FileIdentity | undefined,
): FileStat | undefined {
  if (!nodeFs.lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const fd = nodeFs.openSync(path, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0))
  try {
    const { identity } = toFileStat(nodeFs.fstatSync(fd))
    if (expected && (identity.ino !== expected.ino || identity.dev !== expected.dev)) return undefined
    writeWhole(calls, fd, bytes)
    return toFileStat(nodeFs.fstatSync(fd))
  } finally {
    nodeFs.closeSync(fd)
  }
}

function link(from: string, to: string): boolean {
  try {
    nodeFs.linkSync(from, to)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

function makeDirectory(path: string): void {
  const first = nodeFs.mkdirSync(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  // Each new folder's name lives in its parent: sync from the innermost parent up to the one that was there before.
  const top = dirname(first)
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    syncFolder(parent)
    if (parent.length <= top.length) return
  }
}

function rename(from: string, to: string): void {
  nodeFs.renameSync(from, to)
  syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from))
}

function remove(path: string): void {
  try {
    nodeFs.unlinkSync(path)
  } catch (error) {
    if (missingCodes.has(systemCode(error))) return
    throw error
  }
  syncFolder(dirname(path))
}

function syncFolder(path: string): void {
  // Windows opens no folders; its file systems journal names by themselves.
  if (process.platform === 'win32') return
  const fd = nodeFs.openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    nodeFs.fsyncSync(fd)
  } catch (error) {
    if (!folderSyncUnknownCodes.has(systemCode(error))) throw error
  } finally {
    nodeFs.closeSync(fd)
  }
}
