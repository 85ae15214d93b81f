import type { LogId } from '../../src/engine/core/event.js'
import type { Damage } from '../../src/engine/ports/check.js'
import type { Clock, Random } from '../../src/engine/ports/clock.js'
import type { WritableFiles } from '../../src/engine/ports/files.js'
import type { Hasher } from '../../src/engine/ports/hash.js'
import type { Processes } from '../../src/engine/ports/processes.js'
import { adoptEarlierLogs } from '../../src/engine/record/adopt-log.js'
import { CursorTable, type Durable } from '../../src/engine/record/cursor-table.js'
import { doubtCursors } from '../../src/engine/record/doubt.js'
import { FileObserver } from '../../src/engine/record/file-observer.js'
import { Problems } from '../../src/engine/record/problems.js'
import { Recorder } from '../../src/engine/record/recorder.js'
import type { WatchedRoot } from '../../src/engine/record/watched-root.js'
import { finishRepairs } from '../../src/engine/recover/finish-repairs.js'
import type { RecoverTools } from '../../src/engine/recover/recover-tools.js'
import { LevelStore } from '../../src/store/level-store.js'
import type { Database } from '../../src/store/database.js'
import { checkAndFence } from '../../src/daemon/open-check.js'
import type { HostKeys } from './world.js'
import { openOwnLog, storedIdentity, type Identity, type OwnLog } from './own-log.js'

export interface HostTools {
  readonly database: Database
  readonly files: WritableFiles
  readonly processes: Processes
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
  readonly identity: Identity
  readonly roots: readonly WatchedRoot[]
  readonly home: string
  readonly point: (name: string) => void
  readonly fullCheck: boolean
  readonly trusting: boolean
  readonly onDurable: (durable: readonly Durable[]) => void
  readonly onFatal: (error: unknown) => void
  readonly hostName?: string
  readonly keys?: HostKeys | undefined
}

/** Holdfast in one simulated process: the real store, recorder and recovery, started as the daemon starts them. */
export interface Host {
  readonly store: LevelStore
  readonly recorder: Recorder
  readonly tools: RecoverTools
  readonly own: OwnLog
  readonly log: LogId
  readonly unclean: boolean
  readonly damage: readonly Damage[]
  /** Ends recording as a daemon does that was told to. */
  stop(): Promise<void>
}

const runMeta = 'run'

export async function startHost(given: HostTools): Promise<Host> {
  const { hasher, clock, random } = given
  return startRecording(given, await LevelStore.open(given.database, { hasher, clock, random }))
}

/** The steps of `startRecording` in src/daemon, with nothing of the real machine. */
export async function startRecording(given: HostTools, store: LevelStore): Promise<Host> {
  const { files, hasher, clock, random, roots, home, processes } = given
  const last = await store.getMeta(runMeta)
  const unclean =
    last === undefined ? store.reader.logs().some(({ events }) => events > 1) : last !== 'stopped'
  await store.setMeta(runMeta, 'running')
  const stored = await storedIdentity(store)
  const damage = stored ? await checkAndFence(store, stored.log, { full: given.fullCheck, unclean }) : []
  const own = await openOwnLog({ ...given, store })
  const loaded = await store.loadCursors()
  doubtCursors(loaded, damage.length > 0)
  // Files that this log does not know yet are recorded whole: peers hold other bytes of the log that it continues.
  if (own.afterFork) {
    for (const [id, { facts }] of loaded) if (!store.reader.file(own.writer.log, facts)) loaded.delete(id)
  }
  let failed = false
  const onFatal = (error: unknown): void => {
    failed = true
    given.onFatal(error)
  }
  const cursors = new CursorTable(loaded, given.onDurable, onFatal)
  const observing = {
    files,
    reader: store.reader,
    writer: own.writer,
    hasher,
    clock,
    cursors,
    problems: new Problems(),
    roots,
    home,
    unclean,
  }
  await adoptEarlierLogs(observing, own.earlier)
  const observer = new FileObserver(observing)
  const recorder = new Recorder(observing, observer, onFatal)
  const tools = { ...observing, files, random, processes, observer, store }
  await finishRepairs(tools)
  return {
    store,
    recorder,
    tools,
    own,
    log: own.writer.log,
    unclean,
    damage,
    stop: async () => {
      await recorder.stop()
      if (failed) return
      own.witness()
      if (unclean && observer.starting) return
      await store.setMeta(runMeta, 'stopped')
    },
  }
}
