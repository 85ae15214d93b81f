import { FileError, type FileHandle, type NewFile, type WritableFiles } from '../../src/engine/ports/files.js'
import type { Disk } from './disk.js'
import { statOf, type Inode } from './inode.js'

export interface FilesHooks {
  /** Called before every call; may throw to end the process there. */
  point(name: string): void
  /** Called before a write or a new name: throw a FileError to refuse it. */
  refuse(path: string): void
  /** Called when Holdfast is about to put a file in place of what stands at `to`, or to remove what stands there. */
  onReplace(to: string, by: string | null): void
  /** Called after Holdfast added bytes to the end of a file. */
  onAppended?(path: string, bytes: Uint8Array): void
}

/** The files of a simulated disk, as one process sees them through the port. */
export function simulatedFiles(disk: Disk, hooks: FilesHooks): WritableFiles {
  const point = (name: string): void => hooks.point(name)
  return {
    stat: (path) => {
      point(`stat ${path}`)
      const inode = disk.find(path)
      return inode && statOf(inode)
    },
    list: (path) => {
      point(`list ${path}`)
      const folder = disk.find(path)
      if (folder?.type !== 'directory') return undefined
      if (folder.denied) throw new FileError('EACCES', path)
      const entries = [...folder.entries].map(([name, { type }]) => ({ name, type }))
      return {
        entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        unrepresentable: folder.undecodable.toSorted(),
      }
    },
    open: (path) => {
      point(`open ${path}`)
      const inode = disk.find(path)
      if (inode?.type !== 'file') return undefined
      if (inode.denied) throw new FileError('EACCES', path)
      return openHandle(inode, path, point)
    },
    makeDirectory: (path) => {
      point(`makeDirectory ${path}`)
      hooks.refuse(path)
      for (const changed of disk.makeFolders(path).toReversed()) disk.syncFolder(changed)
    },
    create: (path, mode = 0o600) => {
      point(`create ${path}`)
      hooks.refuse(path)
      return newFile(disk, disk.make(path, 'file', mode), path, hooks)
    },
    rename: (from, to) => {
      point(`rename ${from} ${to}`)
      hooks.refuse(to)
      hooks.onReplace(to, from)
      disk.rename(from, to)
      // Between the rename and the sync of its folder a power loss may undo it.
      point(`syncFolder ${to}`)
      syncParents(disk, from, to)
    },
    remove: (path) => {
      point(`remove ${path}`)
      const inode = disk.find(path)
      if (!inode) return
      if (inode.type === 'directory') throw new FileError('EISDIR', path)
      hooks.onReplace(path, null)
      disk.remove(path)
      point(`syncFolder ${path}`)
      syncParents(disk, path)
    },
    append: (path, bytes) => {
      point(`append ${path} ${bytes.length}`)
      hooks.refuse(path)
      const inode = disk.find(path)
      if (inode?.type !== 'file') return undefined
      if (inode.denied) throw new FileError('EACCES', path)
      disk.write(inode, Buffer.concat([inode.bytes, bytes]), path)
      hooks.onAppended?.(path, bytes)
      return statOf(inode)
    },
    link: (from, to) => {
      point(`link ${from} ${to}`)
      hooks.refuse(to)
      return linked(disk, from, to)
    },
    place: (from, to) => {
      point(`place ${from} ${to}`)
      hooks.refuse(to)
      const free = disk.find(to) === undefined
      if (free) hooks.onReplace(to, from)
      const placed = linked(disk, from, to)
      disk.remove(from)
      return placed
    },
  }
}

function linked(disk: Disk, from: string, to: string): boolean {
  const inode = disk.find(from)
  if (inode?.type !== 'file') throw new FileError('ENOENT', from)
  if (disk.find(to)) return false
  disk.link(inode, to)
  return true
}

function openHandle(inode: Inode, path: string, point: (name: string) => void): FileHandle {
  return {
    stat: () => {
      point(`fstat ${path}`)
      return statOf(inode)
    },
    read: (position, length) => {
      point(`read ${path} ${position}+${length}`)
      return Uint8Array.from(inode.bytes.subarray(position, position + Math.max(0, length)))
    },
    close: () => undefined,
  }
}

function newFile(disk: Disk, inode: Inode, path: string, hooks: FilesHooks): NewFile {
  let isOpen = true
  const abandon = (): void => {
    if (!isOpen) return
    isOpen = false
    hooks.point(`abandon ${path}`)
    disk.remove(path)
  }
  return {
    write: (bytes) => {
      hooks.point(`write ${path} ${bytes.length}`)
      try {
        hooks.refuse(path)
      } catch (error) {
        abandon()
        throw error
      }
      disk.write(inode, Buffer.concat([inode.bytes, bytes]), path)
    },
    finish: (sync = true) => {
      hooks.point(`${sync ? 'fsync' : 'close'} ${path}`)
      if (sync) disk.syncFile(inode)
      isOpen = false
    },
    abandon,
  }
}

function syncParents(disk: Disk, ...paths: readonly string[]): void {
  for (const path of paths) {
    const folder = disk.find(path.slice(0, path.lastIndexOf('/')))
    if (folder) disk.syncFolder(folder)
  }
}
