import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../engine/ports/clock.js'
import type { Files } from '../engine/ports/files.js'
import type { Watcher } from '../engine/ports/watcher.js'
import type { Snapshot } from './folder-snapshot.js'
import { takeSnapshot } from './folder-snapshot.js'
import { createNodeFiles } from './node-files.js'

export interface PollingWatcherOptions {
  /** Time between the end of one look and the start of the next. */
  readonly everyMs: number
  readonly clock: Clock
  readonly files?: Files
}

/** A look lets others run after this long. */
const sliceMaxMs = 8

/**
 * Watches by looking at every file at an interval: for mounts that tell nothing. Never blind. A root that is missing,
 * or vanishes and comes back, is hinted itself.
 */
export function createPollingWatcher(options: PollingWatcherOptions): Watcher {
  const { everyMs, clock, files = createNodeFiles() } = options
  return {
    watch: async (folder, onHint) => {
      const root = resolve(folder)
      const stop = new AbortController()
      const hint = (path: string) => {
        if (!stop.signal.aborted) onHint(path)
      }
      let seen = await look(files, root, new Map(), () => {}, stop.signal)
      const loop = async () => {
        while (!stop.signal.aborted) {
          await clock.sleep(everyMs, stop.signal)
          if (!stop.signal.aborted) seen = await look(files, root, seen, hint, stop.signal)
        }
      }
      const running = loop()
      return {
        close: async () => {
          stop.abort()
          await running
        },
      }
    },
  }
}

async function look(
  files: Files,
  root: string,
  last: Snapshot,
  onChange: (path: string) => void,
  signal: AbortSignal,
): Promise<Snapshot> {
  const steps = takeSnapshot(files, root, last, onChange)
  let sliceStartMs = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - sliceStartMs < sliceMaxMs) continue
    await setImmediate()
    if (signal.aborted) return last
    sliceStartMs = performance.now()
  }
}
