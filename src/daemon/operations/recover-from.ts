import type { LogId } from '../../engine/core/event.js'
import {
  differingFiles,
  repairFiles,
  type RestoredFile,
  type UnmendedFile,
} from '../../engine/recover/recover.js'
import type { RecoverTools } from '../../engine/recover/recover-tools.js'
import { absolutePath } from '../../engine/record/watched-root.js'
import { fileState, latestState } from '../../engine/replay/content.js'
import { formerFiles, type FormerFile } from '../former-files.js'
import { formerHost, type FormerHost } from '../former-host.js'
import { formerLog, setFormerLog } from '../former-log.js'
import { ownLogId } from '../log-continuity.js'
import type { OperationIo } from '../operation.js'
import { meetPeer } from '../peer-session.js'
import { configuredPeer } from '../peers.js'
import { startRecording } from '../recording-session.js'
import type { Runtime } from '../runtime.js'
import type { RecordingSession } from '../session.js'
import { addFence } from '../sync-fence.js'
import { inTurn } from '../sync-host.js'
import { watchedRoots } from '../watched-roots.js'
import type { RecoverResult } from './recover-result.js'

export interface RecoverFromArgs {
  /** The peer that holds what this machine wrote, by name. */
  readonly from: string
  /** What this machine was called, or the begin of its log's id; null: as it is called now. */
  readonly host: string | null
  readonly dryRun: boolean
}

/** What a recovery from a peer did besides. */
export interface FromPeer {
  readonly peer: string
  /** Whose files were put back, and the logs that say what they held, newest first. */
  readonly host: string
  readonly logs: readonly LogId[]
  /** Events that came from the peer; in a dry run those that would. */
  readonly received: number
}

export interface RecoverFromResult extends RecoverResult {
  readonly from: FromPeer
}

/**
 * Gives a machine that lost everything its own log and files back: takes all that a peer holds, finds this machine's former
 * log, opens a new one that continues it, and puts the missing files in place. A file that stands there already is never
 * replaced by another: what it holds is recorded, and it is told. Can be killed and run again at any point.
 * Throws PEER_UNKNOWN, HOST_UNKNOWN, USAGE where several former logs fit, and what meeting the peer throws.
 */
export async function recoverFrom(
  runtime: Runtime,
  args: RecoverFromArgs,
  io: OperationIo,
): Promise<RecoverFromResult> {
  const { store, home } = runtime
  const peer = configuredPeer(home, args.from)
  const send = peer.direction !== 'pull'
  const { result } = await meetPeer(runtime, peer, { send, receive: true, dryRun: args.dryRun }, io)
  const planned = (result.plan ?? []).filter(({ direction }) => direction === 'receive')
  const received = result.plan ? planned.reduce((sum, { events }) => sum + events, 0) : result.received
  const hostName = runtime.config().name ?? home.hostName
  const former = await formerHost(store.reader, await ownLogId(runtime), hostName, args.host)
  const from = { peer: peer.name, host: former.name, logs: former.logs, received }
  if (args.dryRun) return { ...(await preview(runtime, former)), from }
  const session = await continueFormer(runtime, former, peer.name)
  return { ...(await putBack(runtime, session, former, io)), from }
}

/** Ends the log that this host writes and opens one that continues the former one, with its files adopted. */
async function continueFormer(
  runtime: Runtime,
  { logs, continued }: FormerHost,
  peer: string,
): Promise<RecordingSession> {
  const { store } = runtime
  const [log] = logs
  const ends = await ownLogId(runtime)
  const known = await formerLog(store)
  if (log !== undefined && ends !== null && known?.log !== log) {
    await inTurn(runtime, async () => {
      const reason = `this machine had lost everything, and its former log came back from ${peer}`
      const events = store.reader.log(log)?.events ?? 0
      // First what the next log continues: without it a start after a kill in between would open one that does not.
      await setFormerLog(store, { ends, log, events, reason, adopted: false })
      // Where only the store was lost, the log that is written now continues the former one already.
      if (!continued) await addFence(store, { log: ends, reason })
      if (runtime.recorder) await runtime.recorder.restart()
      else await runtime.session?.stop()
    })
  }
  await runtime.recorder?.settled()
  if (runtime.session) return runtime.session
  let failure: unknown = null
  const session = await startRecording(runtime, {
    onFatal: (error) => {
      failure ??= error
    },
  })
  if (failure !== null) throw failure
  return session
}

async function putBack(
  runtime: Runtime,
  session: RecordingSession,
  { logs, continued }: FormerHost,
  io: OperationIo,
): Promise<RecoverResult> {
  const { store, files, random, processes } = runtime
  const { recorder, tools: observing, observer } = session
  const tools: RecoverTools = { ...observing, files, random, processes, store, observer }
  const phase = (name: string, unit: 'files' | 'bytes') => (done: number, total: number | null) =>
    io.progress({ phase: name, done, total, unit })
  const swept = phase('recording what is here', 'bytes')
  let recorded = 0
  const end = session.subscribe((durable) => {
    recorded += durable.length
  })
  await recorder.sweep((done) => swept(done.bytes, done.totalBytes))
  end()
  const repair = await repairFiles(tools, recorder, phase('putting back', 'files'))
  const verify = phase('verifying', 'files')
  const { files: verified, differing } = await differingFiles(tools, recorder, (done) => verify(done, null))
  const listed = [...repair.held, ...repair.unmended]
  const left = differing.filter(
    ({ root, path }) => !listed.some((each) => each.root === root && each.path === path),
  )
  const { held, unmended } = await others(tools, formerFiles(store.reader, logs, tools.roots))
  // Of a machine that went on since, every rewrite would look like one that was found.
  const found = continued ? [] : held
  return {
    checked: logs.reduce((sum, log) => sum + (store.reader.log(log)?.events ?? 0), 0),
    recorded,
    restored: repair.restored,
    damaged: repair.restored.map(({ root, path, reason }) => ({ what: reason, root, path })),
    unmended: [
      ...repair.unmended,
      ...unmended,
      ...left.map(({ root, path, kind }) => ({ root, path, reason: kind, why: 'it differs from the log' })),
    ],
    held: [...repair.held, ...found],
    accepted: [],
    refilled: 0,
    verified,
    newLog: session.own.opened,
    dryRun: false,
  }
}

/** What of the former files is not as it was: those that have no place here, and those that hold something else. */
async function others(
  { reader, writer, cursors }: RecoverTools,
  former: readonly FormerFile[],
): Promise<{ readonly held: UnmendedFile[]; readonly unmended: UnmendedFile[] }> {
  const held: UnmendedFile[] = []
  const unmended: UnmendedFile[] = []
  for (const { file, root } of former) {
    const place = { root: file.facts.root, path: file.facts.path }
    const before = await fileState(reader, file)
    if (!before.present) continue
    const cursor = cursors.get(place)
    if (!root) {
      const why = `no root named ${place.root} records it on this machine: add it with \`holdfast root add\``
      unmended.push({ ...place, reason: 'missing', why })
    } else if (!cursor) {
      unmended.push({ ...place, reason: 'missing', why: 'the log does not hold all of it' })
    } else if (cursor.suspect === null && (await latestState(reader, writer.log, place)).epoch > 0) {
      const why = 'other bytes stood there: they are recorded, and it was left as it is'
      held.push({ ...place, reason: 'rewritten', why })
    }
  }
  return { held, unmended }
}

/** What would be put back, as far as the former log is here. Writes nothing. */
async function preview(runtime: Runtime, { logs }: FormerHost): Promise<RecoverResult> {
  const { store, home, files } = runtime
  const restored: RestoredFile[] = []
  const unmended: UnmendedFile[] = []
  for (const { file, root } of formerFiles(store.reader, logs, watchedRoots(home, runtime.config()))) {
    const place = { root: file.facts.root, path: file.facts.path, reason: 'missing' }
    const { present, complete, content } = await fileState(store.reader, file)
    if (!present) continue
    if (!root) unmended.push({ ...place, why: `no root named ${place.root} records it on this machine` })
    else if (!complete) unmended.push({ ...place, why: 'the log does not hold all of it' })
    else if (!files.stat(absolutePath(root, place.path))) restored.push({ ...place, bytes: content.length })
  }
  return {
    checked: logs.reduce((sum, log) => sum + (store.reader.log(log)?.events ?? 0), 0),
    recorded: 0,
    restored,
    damaged: restored.map(({ root, path, reason }) => ({ what: reason, root, path })),
    unmended,
    held: [],
    accepted: [],
    refilled: 0,
    verified: 0,
    newLog: null,
    dryRun: true,
  }
}
