import { watch } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from './system-error.js'
import type { TreeEvents, WatchedTree } from './watched-tree.js'
import { limitCodes } from './watched-tree.js'

/** The part of a Node watcher that is used here. */
export interface NativeWatch {
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): void
}

/** `fs.watch`, as far as it is used here. */
export type NativeWatcher = (
  folder: string,
  options: { readonly recursive: boolean; readonly persistent: boolean },
  listener: (type: string, name: string | null) => void,
) => NativeWatch

/**
 * One watch on a folder and all below it, where the system has such (macOS, Windows). Not for Linux, where Node builds
 * it from single watches and loses files that are replaced.
 */
export function openRecursiveTree(
  folder: string,
  events: TreeEvents,
  start: NativeWatcher = watch,
): Promise<WatchedTree> {
  let native: NativeWatch | undefined
  const close = () => {
    native?.close()
    native = undefined
  }
  const fail = (error: unknown) => {
    close()
    const code = systemCode(error)
    if (limitCodes.has(code)) events.onLimit(`the system's limit of watches is reached (${code})`)
    // Windows ends the watch of a deleted folder with EPERM. Whatever it was, the folder has to be looked at anew.
    else events.onReplaced()
  }
  try {
    native = start(folder, { recursive: true, persistent: false }, (_type, name) => {
      if (native) events.onHint(name ? join(folder, name) : folder)
    })
    native.on('error', fail)
  } catch (error) {
    fail(error)
  }
  return Promise.resolve({
    close: () => {
      close()
      return Promise.resolve()
    },
  })
}
