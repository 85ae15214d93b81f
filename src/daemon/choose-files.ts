import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import {
  logsOfHost,
  projectMap,
  selectFiles,
  sessionFiles,
  type Selection,
  type SessionFile,
} from '../engine/replay/select.js'
import { ownLogId } from './log-continuity.js'
import type { Runtime } from './runtime.js'

/** The logs that a selection is about, newest first. */
export async function chosenLogs(runtime: Runtime, host: string | undefined): Promise<LogId[]> {
  const own = await ownLogId(runtime)
  const logs = await logsOfHost(runtime.store.reader, host, own)
  if (logs.length === 0) throw new HoldfastError('NOT_INITIALISED', 'nothing is recorded on this machine yet')
  return logs
}

/** The files that a person named, with their streams. Throws as `selectFiles`. */
export async function chosenFiles(runtime: Runtime, selection: Selection): Promise<SessionFile[]> {
  const { reader } = runtime.store
  await runtime.session?.own.writer.flush()
  const logs = await chosenLogs(runtime, selection.host)
  return selectFiles(sessionFiles(reader, logs, await projectMap(reader)), logs, selection)
}
