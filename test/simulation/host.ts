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
import { logAllWritten } from '../../src/engine/record/written-state.js'
import { Streams } from '../../src/engine/streams/streams.js'
import { finishWrites } from '../../src/engine/writeback/finish-writes.js'
import { LiveWriters } from '../../src/engine/writeback/live-writer.js'
import { WriteBack } from '../../src/engine/writeback/write-back.js'
import type { WritePolicy, WriteTools } from '../../src/engine/writeback/write-tools.js'
import { RootOwners } from '../../src/daemon/root-owners.js'
import { writeLoop } from './write-loop.js'
import { finishRepairs } from '../../src/engine/recover/finish-repairs.js'
import type { RecoverTools } from '../../src/engine/recover/recover-tools.js'
import { LevelStore } from '../../src/store/level-store.js'
import type { Database } from '../../src/store/database.js'
import { checkAndFence } from '../../src/daemon/open-check.js'
import type { HostKeys } from './host-keys.js'
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
  /** null: what comes from others is held, and no file is written for it. */
  readonly writing?: Writing | null
  readonly keys?: HostKeys | undefined
}

/** How a host writes back. */
export interface Writing {
  readonly quietTimeMs: number
  readonly policy: WritePolicy
}

/** Holdfast in one simulated process: the real store, recorder and recovery, started as the daemon starts them. */
export interface Host {
  readonly store: LevelStore
  readonly streams: Streams | null
  readonly recorder: Recorder
  readonly tools: RecoverTools
  readonly own: OwnLog
  readonly log: LogId
  readonly unclean: boolean
  readonly damage: readonly Damage[]
  /** null where nothing is written back. */
  readonly writeBack: WriteBack | null
  /** Says that everything on disk was looked at once: only then is anything written. */
  caughtUp(): void
  /** Ends recording as a daemon does that was told to. */
  stop(): Promise<void>
}

const runMeta = 'run'

export async function startHost(given: HostTools): Promise<Host> {
  const { hasher, clock, random } = given
  const store = await LevelStore.open(given.database, { hasher, clock, random })
  const onAdded: LevelStore['onAdded'] = (listener) => store.onAdded(listener)
  const streams = given.writing ? await Streams.load({ reader: store.reader, hasher, onAdded }) : null
  return startRecording(given, store, streams)
}

/** The steps of `startRecording` in src/daemon, with nothing of the real machine. */
export async function startRecording(
  given: HostTools,
  store: LevelStore,
  streams: Streams | null,
): Promise<Host> {
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
  await finishWrites(tools)
  await finishRepairs(tools)
  // From here on the log says all that stands in the files.
  await logAllWritten(tools)
  const ended = new AbortController()
  let caughtUp = (): void => undefined
  const looked = new Promise<void>((resolve) => {
    caughtUp = resolve
  })
  const wakers = new Set<() => void>()
  const onWake = (listener: () => void): (() => void) => {
    wakers.add(listener)
    return () => wakers.delete(listener)
  }
  const writeBack = streams && openWriteBack(given, { ...tools, recorder, streams }, own, wakers)
  const looping =
    writeBack && streams
      ? writeLoop({
          clock,
          streams,
          writeBack,
          onAdded: (listener) => store.onAdded(listener),
          onWake,
          caughtUp: looked,
          signal: ended.signal,
        }).catch(onFatal)
      : Promise.resolve()
  return {
    store,
    streams,
    writeBack,
    caughtUp,
    recorder,
    tools,
    own,
    log: own.writer.log,
    unclean,
    damage,
    stop: async () => {
      ended.abort()
      caughtUp()
      await writeBack?.stop()
      if (!failed) await writeBack?.flushWritten().catch(onFatal)
      await recorder.stop()
      await looping
      if (failed) return
      own.witness()
      if (unclean && observer.starting) return
      await store.setMeta(runMeta, 'stopped')
    },
  }
}

/** The steps of `openWriteBack` in src/daemon. */
function openWriteBack(
  { writing, identity, hostName = 'sim', home }: HostTools,
  tools: Omit<WriteTools, 'liveWriters' | 'host' | 'quietTimeMs' | 'policy' | 'ownedBy'>,
  own: OwnLog,
  wakers: ReadonlySet<() => void>,
): WriteBack | null {
  if (!writing) return null
  const { files, clock, processes, reader, roots } = tools
  const owners = new RootOwners({ files, clock, processes }, roots, {
    logs: [own.writer.log, ...own.earlier],
    hostName,
    machine: identity.machine,
    pid: 1,
  })
  return new WriteBack(
    {
      ...tools,
      host: reader.log(own.writer.log)?.host ?? '',
      liveWriters: new LiveWriters({ files, processes, clock, claudeFolders: [`${home}/.claude`] }),
      quietTimeMs: () => writing.quietTimeMs,
      policy: () => writing.policy,
      ownedBy: (root) => owners.otherOwner(root),
    },
    {
      home,
      platform: 'linux',
      onWake: () => {
        for (const wake of wakers) wake()
      },
    },
  )
}
