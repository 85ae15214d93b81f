import { finishWrites } from '../engine/writeback/finish-writes.js'
import { logAllWritten } from '../engine/record/written-state.js'
import { finishRepairs } from '../engine/recover/finish-repairs.js'
import { doubtCursors } from '../engine/record/doubt.js'
import { readBootId } from '../platform/boot-id.js'
import type { Cursor } from '../engine/core/cursor.js'
import type { LogId } from '../engine/core/event.js'
import type { LogReader } from '../engine/ports/log.js'
import { adoptEarlierLogs } from '../engine/record/adopt-log.js'
import { CursorTable, type Durable } from '../engine/record/cursor-table.js'
import { FileObserver } from '../engine/record/file-observer.js'
import type { ObserverTools } from '../engine/record/observer-tools.js'
import { Problems } from '../engine/record/problems.js'
import { Recorder } from '../engine/record/recorder.js'
import { adoptFormerFiles } from './former-files.js'
import { openOwnLog, storedIdentity } from './log-continuity.js'
import { checkAndFence } from './open-check.js'
import type { Runtime } from './runtime.js'
import type { RecordingSession } from './session.js'
import { tornFiles } from './torn-files.js'
import { realBase, watchedRoots } from './watched-roots.js'
import { openWriteBack } from './write-back.js'

export interface StartOptions {
  readonly onFatal: (error: unknown) => void
  /** Check the whole log first, not only what an open needs. */
  readonly fullCheck?: boolean
  readonly onCheck?: (events: number, bytes: number) => void
}

const runMeta = 'run'
const bootMeta = 'boot'

/** Whether the last run of the recorder ended without saying so. Means nothing while one runs. */
export async function wasUnclean({ store }: Runtime): Promise<boolean> {
  const last = await store.getMeta(runMeta)
  // A store that holds events but lost this note was repaired.
  return last === undefined ? store.reader.logs().some(({ events }) => events > 1) : last !== 'stopped'
}

/** Whether the machine was started anew since the last recording, or may have been. Notes this start. */
async function restarted({ store }: Runtime): Promise<boolean> {
  const boot = readBootId()
  const before = await store.getMeta(bootMeta)
  if (before === boot) return false
  await store.setMeta(bootMeta, boot)
  return true
}

/**
 * Starts recording in this process: checks the log, decides whether it goes on, loads the cursors. Nothing is observed
 * before the first sweep. Throws what opening the log throws.
 */
export async function startRecording(runtime: Runtime, options: StartOptions): Promise<RecordingSession> {
  const { store, files, hasher, clock, home } = runtime
  const roots = watchedRoots(home, runtime.config())
  const unclean = await wasUnclean(runtime)
  await store.setMeta(runMeta, 'running')
  const stored = await storedIdentity(runtime)
  const damage = stored
    ? await checkAndFence(store, stored.log, {
        full: options.fullCheck ?? false,
        unclean,
        ...(options.onCheck ? { onProgress: options.onCheck } : {}),
      })
    : []
  const own = await openOwnLog(runtime)
  const loaded = await store.loadCursors()
  // A process that was killed takes no blocks with it; a machine that went down may have.
  if (damage.length > 0 || (await restarted(runtime))) doubtCursors(loaded, damage.length > 0)
  if (own.afterFork) forgetUnknown(store.reader, own.writer.log, loaded)
  const ended = new AbortController()
  const listeners = new Set<(durable: readonly Durable[]) => void>()
  let failed = false
  const onFatal = (error: unknown): void => {
    failed = true
    options.onFatal(error)
  }
  const cursors = new CursorTable(
    loaded,
    (durable) => {
      for (const listener of listeners) listener(durable)
    },
    onFatal,
  )
  const tools: ObserverTools = {
    files,
    reader: store.reader,
    writer: own.writer,
    hasher,
    clock,
    cursors,
    problems: new Problems(),
    roots,
    // Agents name project folders after real paths, and a home may stand behind a link.
    home: realBase(home.agents.home),
    unclean,
  }
  const cutShort = await adoptEarlierLogs(tools, own.earlier)
  await adoptFormerFiles(runtime, tools, own)
  const observer = new FileObserver(tools)
  const recorder = new Recorder(tools, observer, onFatal)
  const { random, processes } = runtime
  await finishWrites({ ...tools, store })
  await finishRepairs({ ...tools, files, random, processes, store, observer })
  // From here on the log says all that stands in the files.
  await logAllWritten(tools)
  const wakers = new Set<() => void>()
  const writeBack = await openWriteBack(runtime, {
    tools,
    observer,
    recorder,
    own,
    onWake: () => {
      for (const wake of wakers) wake()
    },
  })
  const session: RecordingSession = {
    own,
    recorder,
    observer,
    tools,
    roots,
    writeBack,
    onWake: (listener) => {
      wakers.add(listener)
      return () => wakers.delete(listener)
    },
    unclean,
    untold: { damage, torn: damage.length > 0 ? [...cutShort, ...(await tornFiles(tools))] : [] },
    wholeLogChecked: options.fullCheck && stored ? stored.log : null,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ended: ended.signal,
    stop: async () => {
      ended.abort()
      if (runtime.session === session) {
        runtime.session = null
        runtime.writeBack = null
      }
      await writeBack.stop()
      if (!failed) await writeBack.flushWritten().catch(onFatal)
      await recorder.stop()
      if (failed) return
      own.witness()
      // A first look that was cut short did not assess everything: the next start has to, as after a crash.
      if (unclean && observer.starting) return
      await store.setMeta(runMeta, 'stopped')
    },
  }
  runtime.session = session
  runtime.writeBack = {
    settle: async (asked) => {
      const settled = await writeBack.settle(asked)
      await writeBack.flushWritten()
      const held = settled.held.map(({ file, path, reason }) => ({ path: file ?? path, reason }))
      return { written: settled.written, held }
    },
  }
  return session
}

/** Files that this log does not know yet are new to it, and recorded whole from disk: it refers to no other log. */
function forgetUnknown(reader: LogReader, log: LogId, cursors: Map<string, Cursor>): void {
  for (const [id, { facts }] of cursors) if (!reader.file(log, facts)) cursors.delete(id)
}
