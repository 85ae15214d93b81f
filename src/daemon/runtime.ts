import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { HoldfastError } from '../engine/core/errors.js'
import type { Clock, Random } from '../engine/ports/clock.js'
import type { WritableFiles } from '../engine/ports/files.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { Processes } from '../engine/ports/processes.js'
import { createNodeFiles } from '../platform/node-files.js'
import { createHasher } from '../platform/node-hasher.js'
import { createProcesses } from '../platform/node-processes.js'
import { systemClock, systemRandom } from '../platform/system-clock.js'
import { LevelStore } from '../store/level-store.js'
import { openDatabase } from '../store/open-database.js'
import { loadConfig, type Config } from './config.js'
import type { Home } from './home.js'
import type { RecordingSession } from './session.js'

/** What every operation works with: the open store and the doors to the machine. One a process. */
export interface Runtime {
  readonly home: Home
  /** The config as it is now. */
  readonly config: () => Config
  readonly store: LevelStore
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
  readonly files: WritableFiles
  readonly processes: Processes
  /** The recording that runs in this process, if one does. */
  session: RecordingSession | null
  /** Ends the recording, if one runs, and closes the store. */
  close(): Promise<void>
}

export interface RuntimeOptions {
  readonly home: Home
  /** read: the store must exist already. */
  readonly mode: 'read' | 'write'
}

/**
 * Opens the store of a home whose folders were checked (`prepareHome`).
 * Throws NOT_INITIALISED, STORE_IN_USE, STORE_NEWER, STORE_DAMAGED, CONFIG_INVALID.
 */
export async function openRuntime({ home, mode }: RuntimeOptions): Promise<Runtime> {
  if (mode === 'read' && !existsSync(join(home.storeFolder, 'CURRENT'))) {
    throw new HoldfastError('NOT_INITIALISED', 'nothing is recorded on this machine yet')
  }
  loadConfig(home)
  const hasher = await createHasher()
  const tools = { hasher, clock: systemClock, random: systemRandom }
  const store = await LevelStore.open(await openDatabase(home.storeFolder), tools)
  const runtime: Runtime = {
    home,
    config: () => loadConfig(home),
    store,
    ...tools,
    files: createNodeFiles(),
    processes: createProcesses(),
    session: null,
    close: async () => {
      try {
        await runtime.session?.stop()
      } finally {
        await store.close()
      }
    },
  }
  return runtime
}
