import { FileError, type FileType } from '../../src/engine/ports/files.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { VirtualTime } from './clock.js'
import type { Inode } from './inode.js'

export interface DiskOptions {
  /** How coarse modification times are, in ms: several changes may share one. */
  readonly tickMs: number
  /** Whether the file system tells when a file was created. */
  readonly births: boolean
  /** How often a new file gets the number of a deleted one. */
  readonly reuseChance: number
  /** The clock that time stamps are taken from, where it is not true time. */
  readonly wallMs?: () => number
}

/** A change of a folder that a power loss may undo. */
interface NameChange {
  readonly atMs: number
  readonly folder: Inode
  readonly name: string
  readonly before: Inode | undefined
}

/** What a disk held at some moment. */
export interface DiskImage {
  readonly root: Inode
  readonly nextNumber: number
}

/** After this long the system has written by itself what nobody synced. */
export const writtenBackAfterMs = 30_000

/**
 * A simulated disk: inodes with their names, numbers that are used again, coarse time stamps, and for every file and
 * folder what of it a power loss could not take away. Everything else reads it as it is now.
 */
export class Disk {
  root: Inode
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #options: DiskOptions
  readonly #freeNumbers: number[] = []
  #nextNumber = 2
  #names: NameChange[] = []
  /** Told of every change, by path, as a file system tells its watchers. */
  onChange: (path: string) => void = () => undefined

  constructor(time: VirtualTime, random: SeededRandom, options: DiskOptions) {
    this.#time = time
    this.#random = random
    this.#options = options
    this.root = this.#inode('directory', 0o700, Buffer.alloc(0))
  }

  /** The inode of an absolute path, its last segment not followed; undefined where there is none. */
  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.root
    for (const name of segments(path)) {
      if (inode?.type !== 'directory') return undefined
      if (inode.denied) throw new FileError('EACCES', path)
      inode = inode.entries.get(name)
    }
    return inode
  }

  /** Makes an inode under a name that must be free. */
  make(path: string, type: FileType, mode = 0o600, bytes: Buffer = Buffer.alloc(0)): Inode {
    const { folder, name } = this.#place(path)
    if (folder.entries.has(name)) throw new FileError('EEXIST', path)
    const inode = this.#inode(type, mode, bytes)
    this.#name(folder, name, inode)
    this.onChange(path)
    return inode
  }

  /** Makes a folder and what is missing above it; returns the folders that got a new name in them. */
  makeFolders(path: string, mode = 0o700): Inode[] {
    const changed: Inode[] = []
    let at = ''
    let folder = this.root
    for (const name of segments(path)) {
      at += `/${name}`
      if (folder.type !== 'directory') throw new FileError('ENOTDIR', path)
      let next = folder.entries.get(name)
      if (!next) {
        next = this.make(at, 'directory', mode)
        changed.push(folder)
      }
      folder = next
    }
    if (folder.type !== 'directory') throw new FileError('EEXIST', path)
    return changed
  }

  /** Changes a file's bytes. The old ones may come back at a power loss. */
  write(inode: Inode, bytes: Buffer, path: string): void {
    inode.bytes = bytes
    this.#remember(inode)
    this.touch(inode, path)
  }

  touch(inode: Inode, path: string): void {
    inode.mtimeMs = this.#tick()
    this.onChange(path)
  }

  link(target: Inode, path: string): void {
    const { folder, name } = this.#place(path)
    if (folder.entries.has(name)) throw new FileError('EEXIST', path)
    this.#name(folder, name, target)
    this.onChange(path)
  }

  rename(from: string, to: string): void {
    const source = this.#place(from)
    const target = this.#place(to)
    const inode = source.folder.entries.get(source.name)
    if (!inode) throw new FileError('ENOENT', from)
    const there = target.folder.entries.get(target.name)
    if (there === inode) return
    if (there?.type === 'directory') throw new FileError('EISDIR', to)
    this.#name(target.folder, target.name, inode)
    this.#name(source.folder, source.name, undefined)
    this.onChange(from)
    this.onChange(to)
  }

  /** Removes a name, of a folder with all below it. */
  remove(path: string): void {
    const { folder, name } = this.#place(path)
    const inode = folder.entries.get(name)
    if (!inode) throw new FileError('ENOENT', path)
    if (inode.type === 'directory') {
      for (const below of inode.entries.keys()) this.remove(`${path}/${below}`)
    }
    this.#name(folder, name, undefined)
    this.onChange(path)
  }

  /** Makes a file's bytes safe from a power loss. Not its name. */
  syncFile(inode: Inode): void {
    inode.versions = [{ atMs: this.#time.nowMs, bytes: inode.bytes }]
  }

  /** Makes the names in a folder safe, and all name changes before them: file systems keep their order. */
  syncFolder(folder: Inode): void {
    const last = this.#names.findLastIndex((change) => change.folder === folder)
    this.#names = this.#names.slice(last + 1)
  }

  /** Takes back some of the newest name changes that nobody synced. */
  undoNames(): number {
    const settledMs = this.#time.nowMs - writtenBackAfterMs
    const open = this.#names.filter(({ atMs }) => atMs > settledMs)
    const undone = open.length === 0 ? 0 : this.#random.int(open.length + 1)
    for (const { folder, name, before } of open.slice(open.length - undone).toReversed()) {
      this.#setName(folder, name, before)
    }
    this.#names = []
    return undone
  }

  /** All that is on the disk, to be put on this or another one by `restore`. */
  snapshot(): DiskImage {
    return { root: copyTree(this.root, new Map()), nextNumber: this.#nextNumber }
  }

  /** Puts an image in place of all that is here. Nobody is told. */
  restore({ root, nextNumber }: DiskImage): void {
    this.root = copyTree(root, new Map())
    this.#nextNumber = Math.max(this.#nextNumber, nextNumber)
    this.#freeNumbers.length = 0
    this.#names = []
  }

  /** Every regular file below a folder, with its path, by name. */
  *walk(path: string, inode = this.find(path)): Generator<{ path: string; inode: Inode }> {
    if (!inode) return
    if (inode.type === 'file') yield { path, inode }
    for (const name of [...inode.entries.keys()].toSorted()) {
      const below = inode.entries.get(name)
      if (below) yield* this.walk(`${path}/${name}`, below)
    }
  }

  #place(path: string): { folder: Inode; name: string } {
    const parts = segments(path)
    const name = parts.pop()
    const folder = this.find(`/${parts.join('/')}`)
    if (name === undefined || !folder) throw new FileError('ENOENT', path)
    if (folder.type !== 'directory') throw new FileError('ENOTDIR', path)
    return { folder, name }
  }

  #name(folder: Inode, name: string, inode: Inode | undefined): void {
    const atMs = this.#time.nowMs
    this.#names.push({ atMs, folder, name, before: folder.entries.get(name) })
    this.#setName(folder, name, inode)
    folder.mtimeMs = this.#tick()
  }

  #setName(folder: Inode, name: string, inode: Inode | undefined): void {
    const before = folder.entries.get(name)
    if (before) {
      before.links -= 1
      if (before.links === 0) this.#freeNumbers.push(before.ino)
    }
    if (!inode) {
      folder.entries.delete(name)
      return
    }
    if (inode.links === 0) {
      const free = this.#freeNumbers.indexOf(inode.ino)
      if (free !== -1) this.#freeNumbers.splice(free, 1)
    }
    inode.links += 1
    folder.entries.set(name, inode)
  }

  #inode(type: FileType, mode: number, bytes: Buffer): Inode {
    const reused = this.#random.chance(this.#options.reuseChance) ? this.#freeNumbers.pop() : undefined
    const ino = reused ?? this.#nextNumber++
    const now = this.#time.nowMs
    return {
      ino,
      type,
      birthMs: this.#options.births ? (this.#options.wallMs?.() ?? now) : 0,
      mode,
      mtimeMs: this.#tick(),
      bytes,
      versions: [
        { atMs: now, bytes: Buffer.alloc(0) },
        { atMs: now, bytes },
      ],
      links: 0,
      entries: new Map(),
      undecodable: [],
      denied: false,
    }
  }

  #remember(inode: Inode): void {
    inode.versions.push({ atMs: this.#time.nowMs, bytes: inode.bytes })
    const settledMs = this.#time.nowMs - writtenBackAfterMs
    const certain = inode.versions.findLastIndex(({ atMs }) => atMs <= settledMs)
    if (certain > 0) inode.versions.splice(0, certain)
  }

  #tick(): number {
    const { tickMs, wallMs } = this.#options
    return Math.floor((wallMs?.() ?? this.#time.nowMs) / tickMs) * tickMs
  }
}

/** The same tree of other inodes: names of one file stay names of one file. */
function copyTree(inode: Inode, known: Map<Inode, Inode>): Inode {
  const copied = known.get(inode)
  if (copied) return copied
  const copy: Inode = { ...inode, versions: [...inode.versions], entries: new Map() }
  known.set(inode, copy)
  for (const [name, below] of inode.entries) copy.entries.set(name, copyTree(below, known))
  return copy
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}
