import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningDaemon } from './child.js'
import { processFigures, type ProcessFigures } from './process-figures.js'
import type { SyncPair } from './sync-pair.js'
import { sessionFiles } from './sync-trees.js'

const lookEveryMs = 20
const giveUpMs = 30 * 60_000

/** The daemons of both hosts of a pair. */
export interface PairDaemons {
  /** What the daemon of either host takes now. */
  figures(host: 'near' | 'far'): ProcessFigures
  stop(): Promise<void>
}

/** Starts both. Resolves when each has recorded all that is there; they know nothing of each other before `connect`. */
export async function startPairDaemons(pair: SyncPair): Promise<PairDaemons> {
  const daemons = { near: pair.startDaemon(pair.near), far: pair.startDaemon(pair.far) }
  const both: readonly RunningDaemon[] = Object.values(daemons)
  const stop = async (): Promise<void> => {
    await Promise.all(both.map((daemon) => daemon.stop()))
  }
  try {
    await Promise.all(both.map(({ caughtUp }) => caughtUp))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    stop,
    figures: (host) => {
      const figures = processFigures(daemons[host].pid)
      if (!figures) throw new Error(`the daemon of the ${host} host has ended`)
      return figures
    },
  }
}

/** Resolves when all session files of one folder are in the other with the same lengths. */
export async function filesInPlace(near: string, far: string): Promise<void> {
  const started = performance.now()
  for (const path of sessionFiles(near)) {
    const { size } = statSync(join(near, path))
    while (statSync(join(far, path), { throwIfNoEntry: false })?.size !== size) {
      if (performance.now() - started > giveUpMs) throw new Error(`${path} never came`)
      await sleep(lookEveryMs)
    }
  }
}
