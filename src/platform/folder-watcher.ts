import { readFileSync, watch } from 'node:fs'
import { resolve } from 'node:path'
import type { Watcher } from '../engine/ports/watcher.js'
import { openFolderTree } from './folder-tree.js'
import type { NativeWatcher } from './recursive-tree.js'
import { openRecursiveTree } from './recursive-tree.js'
import { WatchedRoot } from './watched-root.js'

/** What replaces this machine in a test. */
export interface FolderWatcherOptions {
  readonly platform?: NodeJS.Platform
  readonly watchNative?: NativeWatcher
  readonly readMounts?: () => string | undefined
  /** How often to look whether a root is still the folder that is watched. */
  readonly checkEveryMs?: number
}

/**
 * Watches by what the system tells. A root may be missing, come later, and be replaced; when it is, the root itself is
 * hinted. A network mount or the end of the system's watches is told as blind: use `createPollingWatcher` there.
 */
export function createFolderWatcher(options: FolderWatcherOptions = {}): Watcher {
  const { platform = process.platform, watchNative = watch, readMounts = readProcMounts } = options
  const machine = {
    openTree:
      platform === 'linux'
        ? openFolderTree
        : (...[folder, events]: Parameters<typeof openFolderTree>) =>
            openRecursiveTree(folder, events, watchNative),
    watchNative,
    readMounts: platform === 'linux' ? readMounts : () => undefined,
    checkEveryMs: options.checkEveryMs ?? 10_000,
  }
  return {
    watch: async (folder, onHint, onBlind) => {
      const root = new WatchedRoot(resolve(folder), machine, onHint, onBlind)
      await root.start()
      return root
    },
  }
}

function readProcMounts(): string | undefined {
  try {
    return readFileSync('/proc/mounts', 'utf8')
  } catch {
    return undefined
  }
}
