import { cpSync, readdirSync } from 'node:fs'

import { HoldfastError } from '../engine/core/errors.js'
import type { Clock, Random } from '../engine/ports/clock.js'
import type { WritableFiles } from '../engine/ports/files.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { Processes } from '../engine/ports/processes.js'
import { Streams } from '../engine/streams/streams.js'
import { createNodeFiles } from '../platform/node-files.js'
import { createHasher } from '../platform/node-hasher.js'
import { createProcesses } from '../platform/node-processes.js'
import { systemClock, systemRandom } from '../platform/system-clock.js'
import { LevelStore } from '../store/level-store.js'
import type { Database } from '../store/database.js'
import { openDatabase } from '../store/open-database.js'
import { repairDatabase } from '../store/repair-database.js'
import { loadConfig, type Config } from './config.js'
import type { Home } from './home.js'
import type { PeerConnections } from './peer-connections.js'
import type { RecorderControl } from './recording.js'
import type { RecordingSession } from './session.js'
import type { WriteBackControl } from './write-back-control.js'

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
  /** Every stream of every log here. Loaded at the first call. */
  readonly streams: () => Promise<Streams>
  /** Where the store was copied before its database was mended at this opening; null where nothing was wrong. */
  readonly damagedStoreCopy: string | null
  /** The recording that runs in this process, if one does. */
  session: RecordingSession | null
  /** In a daemon: its recording, which a peer may give cause to begin anew. null in a command. */
  recorder: RecorderControl | null
  /** In a daemon: its connections to peers. null in a command. */
  connections: PeerConnections | null
  /** What puts received events into this host's files, where it runs in this process. */
  writeBack: WriteBackControl | null
  /** Ends the recording, if one runs, and closes the store. */
  close(): Promise<void>
}

export interface RuntimeOptions {
  readonly home: Home
  /** read: the store must exist already. */
  readonly mode: 'read' | 'write'
  /** Mend a database that can't be opened; a copy of it stays beside it. */
  readonly repair?: boolean
}

/**
 * Opens the store of a home whose folders were checked (`prepareHome`).
 * Throws NOT_INITIALISED, STORE_IN_USE, STORE_NEWER, STORE_DAMAGED, CONFIG_INVALID.
 */
export async function openRuntime({ home, mode, repair = false }: RuntimeOptions): Promise<Runtime> {
  if (mode === 'read' && holdsNothing(home.storeFolder)) {
    throw new HoldfastError('NOT_INITIALISED', 'nothing is recorded on this machine yet')
  }
  loadConfig(home)
  const hasher = await createHasher()
  const tools = { hasher, clock: systemClock, random: systemRandom }
  const opened = await (repair ? openOrRepair : openExisting)(home.storeFolder)
  const store = await LevelStore.open(opened.db, tools)
  let streams: Promise<Streams> | null = null
  const runtime: Runtime = {
    home,
    config: () => loadConfig(home),
    store,
    ...tools,
    files: createNodeFiles(),
    processes: createProcesses(),
    streams: () =>
      (streams ??= Streams.load({
        reader: store.reader,
        hasher,
        onAdded: (listener) => store.onAdded(listener),
      })),
    session: null,
    recorder: null,
    connections: null,
    writeBack: null,
    damagedStoreCopy: opened.copy,
    close: async () => {
      try {
        await runtime.session?.stop()
      } finally {
        ;(await streams?.catch(() => null))?.close()
        await store.close()
      }
    },
  }
  return runtime
}

interface Opened {
  readonly db: Database
  readonly copy: string | null
}

/** Opens the store, or creates it in a folder that holds nothing of a store. */
async function openExisting(folder: string): Promise<Opened> {
  return { db: await openDatabase(folder, holdsNothing(folder)), copy: null }
}

async function openOrRepair(folder: string): Promise<Opened> {
  try {
    return await openExisting(folder)
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') throw error
    // A repair drops what it can't read; the copy keeps it for whoever can.
    const copy = `${folder}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`
    cpSync(folder, copy, { recursive: true })
    await repairDatabase(folder)
    return { ...(await openExisting(folder)), copy }
  }
}

function holdsNothing(folder: string): boolean {
  return !readdirSync(folder).some((name) => /^(?:CURRENT|MANIFEST)|\.(?:ldb|sst|log)$/.test(name))
}
