import type { Problem } from '../../engine/record/problems.js'
import type { OperationIo } from '../operation.js'
import { startRecording } from '../recording-session.js'
import type { Runtime } from '../runtime.js'
import type { RecordingSession } from '../session.js'
import { suspectRows, type SuspectRow } from '../suspects.js'

export interface RecordResult {
  /** Files that were looked at. */
  readonly files: number
  /** Events that were recorded. */
  readonly events: number
  /** Bytes that they brought. */
  readonly bytes: number
  /** Why a new log was opened just now, or null. */
  readonly newLog: string | null
  readonly suspects: readonly SuspectRow[]
  readonly problems: readonly Problem[]
  readonly damage: number
}

/** One sweep over all roots: what is new is durable when it resolves. */
export async function record(runtime: Runtime, _args: unknown, io: OperationIo): Promise<RecordResult> {
  const session = runtime.session ?? (await ownSession(runtime, io))
  let [events, bytes] = [0, 0]
  const end = session.subscribe((durable) => {
    events += durable.length
    bytes += durable.reduce((sum, each) => sum + each.bytes, 0)
  })
  try {
    const { files } = await session.recorder.sweep((done) =>
      io.progress({ phase: 'recording', done: done.bytes, total: done.totalBytes, unit: 'bytes' }),
    )
    io.signal.throwIfAborted()
    return {
      files,
      events,
      bytes,
      newLog: session.own.opened,
      suspects: suspectRows(session),
      problems: session.recorder.problems,
      damage: session.untold.damage.length,
    }
  } finally {
    end()
  }
}

/** A recording for this one operation; closing the runtime ends it. */
export async function ownSession(runtime: Runtime, io: OperationIo): Promise<RecordingSession> {
  let failure: unknown = null
  const session = await startRecording(runtime, {
    onFatal: (error) => {
      failure ??= error
    },
    onCheck: (_events, bytes) =>
      io.progress({ phase: 'checking the log', done: bytes, total: null, unit: 'bytes' }),
  })
  if (failure !== null) throw failure
  // Ends after the observation under way; what was observed is kept.
  io.signal.addEventListener('abort', () => void session.recorder.stop().catch(() => undefined), {
    once: true,
  })
  return session
}
