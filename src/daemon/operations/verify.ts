import type { Damage } from '../../engine/ports/check.js'
import { inspectFiles } from '../../engine/recover/inspect-files.js'
import { ownLogId } from '../log-continuity.js'
import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import type { DamageRow } from './recover-result.js'
import { watchedRoots } from '../watched-roots.js'

export interface VerifyResult {
  readonly ok: boolean
  readonly events: number
  readonly files: number
  /** Files that have grown since they were last recorded; no problem where nothing records just now. */
  readonly grown: number
  readonly problems: readonly DamageRow[]
  /** Events that were fenced as lost before: versions that need them are gone, what is on disk is whole. */
  readonly lost: readonly { readonly log: string; readonly from: number; readonly to: number }[]
}

/** Checks every log and holds every file of this machine against it. Changes nothing. */
export async function verify(runtime: Runtime, _args: unknown, io: OperationIo): Promise<VerifyResult> {
  const { store, session, files, home } = runtime
  const problems: DamageRow[] = []
  let events = 0
  await session?.own.writer.flush()
  const lost: { log: string; from: number; to: number }[] = []
  for (const { log, events: total, lost: known } of store.reader.logs()) {
    lost.push(...known.map((range) => ({ log, ...range })))
    const onProgress = (done: number): void =>
      io.progress({ phase: 'checking the log', done, total, unit: 'events' })
    for await (const damage of store.check(log, 0, true, onProgress)) {
      if (!known.some(({ from, to }) => from <= damage.from && damage.to <= to)) problems.push(row(damage))
    }
    events += total
  }
  const log = await ownLogId(runtime)
  let [checked, grown] = [0, 0]
  if (log !== null) {
    const cursors = session ? [...session.tools.cursors.all()] : [...(await store.loadCursors()).values()]
    const tools = { files, reader: store.reader, roots: watchedRoots(home, runtime.config()) }
    for await (const { kind, root, path } of inspectFiles(tools, log, cursors)) {
      checked += 1
      if (kind === 'grown') grown += 1
      else if (kind !== 'same') problems.push({ what: kind, root, path })
      io.progress({ phase: 'comparing files', done: checked, total: cursors.length, unit: 'files' })
    }
  }
  return { ok: problems.length === 0, events, files: checked, grown, problems, lost }
}

function row({ what, log, from, to }: Damage): DamageRow {
  return { what, log, from, to }
}
