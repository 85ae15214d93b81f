import { statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Appended } from './sync-lines.js'

/** The watcher of the folder says when to look; should it miss something, a look every few milliseconds finds it. */
const lookEveryMs = 5
const giveUpMs = 60_000

/**
 * How long it took, in ms from the start of the append, until the file at the far end had the length that the file here
 * had after it. Rejects where it never gets there.
 */
export function arrival(far: string, { path, size, atMs }: Appended): Promise<number> {
  const file = join(far, path)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      watcher.close()
      clearInterval(timer)
    }
    const look = (): void => {
      const ms = performance.now() - atMs
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= size) {
        end()
        resolve(ms)
      } else if (ms > giveUpMs) {
        end()
        reject(new Error(`${path} did not arrive within ${giveUpMs / 1000} s`))
      }
    }
    const watcher = watch(dirname(file), look)
    const timer = setInterval(look, lookEveryMs)
    watcher.on('error', look)
    look()
  })
}
