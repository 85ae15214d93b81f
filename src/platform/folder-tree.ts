import { lstatSync, readdirSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { FSWatcher } from 'chokidar'
import { limits } from '../engine/core/limits.js'
import { systemCode } from './system-error.js'
import type { TreeEvents, WatchedTree } from './watched-tree.js'
import { limitCodes } from './watched-tree.js'

type FolderStream = ReturnType<FSWatcher['_readdirp']>

/** Stands for a watched folder whose inode is known to be gone. */
const gone = 'gone'

/** Watches an existing folder on Linux, by its real path. */
export async function openFolderTree(folder: string, events: TreeEvents): Promise<WatchedTree> {
  const tree = new FolderTree(folder, events)
  await tree.open()
  return tree
}

/**
 * chokidar, narrowed to folders: inotify tells of the files in a watched folder, so none is watched or listed itself.
 *
 * Left alone, chokidar (5.0.0) loses what a recorder needs, so this class steps in at four places, each of which the
 * watcher suite or a test of its own would miss:
 * - its own events drop the second of two quick changes: hints come from `raw`, one for each event of the kernel;
 * - at every event it looks at each entry of that folder (14 ms for 1,000 files): `_readdirp` lists folders only;
 * - it lists a new folder before it watches it: `_addPathCloser`, called once it is watched, looks again;
 * - it keeps the watch on a folder that was replaced by another of its name: inodes are compared.
 */
class FolderTree extends FSWatcher implements WatchedTree {
  readonly #root: string
  readonly #events: TreeEvents
  /** The inode on which each folder's watch stands. */
  readonly #armed = new Map<string, string>()
  /** What the listing before the watch saw, until the watch is there. */
  readonly #listed = new Map<string, { readonly inode: string; readonly names: ReadonlySet<string> }>()
  #ready = false
  #settleOpen: () => void = () => {}

  constructor(root: string, events: TreeEvents) {
    super({
      ignored: (_path, stats) => stats?.isFile() ?? false,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      // Persistent watchers of one path share one handle in the whole process, dead ones included.
      persistent: false,
    })
    this.#root = root
    this.#events = events
    this.on('raw', (type, name, details) => this.#onRaw(type, name, details))
    this.on('unlinkDir', (path) => {
      this.#armed.delete(path)
      this.#events.onHint(path)
    })
    this.on('error', (error) => this.#onError(error))
  }

  async open(): Promise<void> {
    if (this.options.usePolling) {
      this.#events.onLimit('CHOKIDAR_USEPOLLING is set')
      return
    }
    // chokidar takes a backslash for a separator on every system.
    if (this.#root.includes('\\')) {
      this.#events.onLimit('its path contains a backslash')
      return
    }
    await new Promise<void>((resolve) => {
      this.#settleOpen = resolve
      this.once('ready', resolve)
      this.add(this.#root)
    })
    this.#ready = true
  }

  override async close(): Promise<void> {
    await super.close()
    this.#settleOpen()
  }

  override _readdirp(folder: string): FolderStream {
    if (this.closed) return undefined
    const inode = inodeOf(folder)
    const names = this.#foldersIn(folder)
    if (!this.#armed.has(folder)) this.#listed.set(folder, { inode, names: new Set(names) })
    const stats = { isSymbolicLink: () => false }
    const entries = names.map((name) => ({ path: name, basename: name, fullPath: join(folder, name), stats }))
    // The part of readdirp's stream that chokidar reads.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return Readable.from(entries) as unknown as FolderStream
  }

  override _addPathCloser(path: string, closer: () => void): void {
    // oxlint-disable-next-line no-underscore-dangle
    super._addPathCloser(path, closer)
    if (this.closed || !closer) return
    const before = this.#listed.get(path)
    this.#listed.delete(path)
    const inode = inodeOf(path)
    this.#armed.set(path, inode)
    if (before && inode !== gone && before.inode !== inode) this.#events.onReplaced()
    for (const name of this.#foldersIn(path)) {
      if (before?.names.has(name)) continue
      if (name.includes('\\')) this.#events.onReplaced()
      else this.add(join(path, name))
    }
    // What came into the folder before the watch did was seen by nobody.
    if (this.#ready) this.#events.onHint(path)
  }

  #foldersIn(folder: string): string[] {
    if (levelsBetween(this.#root, folder) >= limits.rootMaxDepth) return []
    try {
      return readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    } catch (error) {
      // A folder that is gone or closed to us has nothing to watch; its parent's watch tells of it.
      this.#onError(error)
      return []
    }
  }

  #onRaw(type: string, name: string | null, details: unknown): void {
    const folder = watchedPath(details) ?? this.#root
    // Where a name could not be decoded it says nothing: the folder has to be listed.
    if (!name || name.includes('\uFFFD')) {
      this.#events.onHint(folder)
      return
    }
    const path = join(folder, name)
    if (type === 'rename') this.#onRename(folder, name, path)
    if (!this.closed) this.#events.onHint(path)
  }

  #onRename(folder: string, name: string, path: string): void {
    const inode = inodeOf(path)
    const armed = this.#armed.get(path)
    if (armed !== undefined && inode !== gone && inode !== armed) this.#events.onReplaced()
    // A watched folder's own end is told under its own name, as if it were something in it.
    if (name !== basename(folder) || inode !== gone) return
    if (folder === this.#root) this.#events.onReplaced()
    // Its inode may be used again at once: whatever comes in its place differs from this mark.
    else if (this.#armed.has(folder)) this.#armed.set(folder, gone)
  }

  #onError(error: unknown): void {
    const code = systemCode(error)
    if (limitCodes.has(code)) this.#events.onLimit(`the system's limit of watches is reached (${code})`)
  }
}

function inodeOf(path: string): string {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : gone
  } catch {
    return gone
  }
}

function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined
}

function levelsBetween(root: string, folder: string): number {
  const path = relative(root, folder)
  return path === '' ? 0 : path.split(sep).length
}
