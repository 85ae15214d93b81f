import { assess, type Difference } from '../../engine/core/assess.js'
import { cursorId, type Cursor } from '../../engine/core/cursor.js'
import { inspectFiles, type Inspection } from '../../engine/recover/inspect-files.js'
import type { RestoredFile, UnmendedFile } from '../../engine/recover/recover.js'
import { ownLogId } from '../log-continuity.js'
import type { OperationIo } from '../operation.js'
import { wasUnclean } from '../recording-session.js'
import type { Runtime } from '../runtime.js'
import { watchedRoots } from '../watched-roots.js'
import type { DamageRow, RecoverResult } from './recover-result.js'

/** What `recover` would find and do. Reads everything, writes nothing. */
export async function previewRecover(runtime: Runtime, io: OperationIo): Promise<RecoverResult> {
  const { store, session, home, files, processes } = runtime
  const damaged: DamageRow[] = []
  let checked = 0
  await session?.own.writer.flush()
  for (const { log, events } of store.reader.logs()) {
    const onProgress = (done: number): void =>
      io.progress({ phase: 'checking the log', done, total: events, unit: 'events' })
    for await (const { what, from, to } of store.check(log, 0, true, onProgress)) {
      damaged.push({ what, log, from, to })
    }
    checked += events
  }
  const log = await ownLogId(runtime)
  const cursors = session
    ? Array.from(session.tools.cursors.all())
    : [...(await store.loadCursors()).values()]
  const roots = watchedRoots(home, runtime.config())
  const unclean = session?.unclean ?? (await wasUnclean(runtime))
  const intents = new Set((await store.loadIntents()).map(({ key }) => cursorId(key)))
  const restored: RestoredFile[] = []
  const held: UnmendedFile[] = []
  const byId = new Map(cursors.map((cursor) => [cursorId(cursor.facts), cursor]))
  let verified = 0
  for await (const found of log === null
    ? []
    : inspectFiles({ files, reader: store.reader, roots }, log, cursors)) {
    verified += 1
    io.progress({ phase: 'comparing files', done: verified, total: cursors.length, unit: 'files' })
    const cursor = byId.get(cursorId(found))
    const root = roots.find(({ name }) => name === found.root)
    if (!cursor || !root) continue
    const underRepair = intents.has(cursorId(cursor.facts))
    const reason = underRepair
      ? 'nul-run'
      : suspicion(found, cursor, root.cleanupAgeMs, unclean, runtime.clock.now())
    if (reason === null) continue
    const place = { root: found.root, path: found.path }
    damaged.push({ what: reason, ...place })
    const path = `${root.base}/${found.path}`
    const pids = processes.holders([path]).byPath.get(path) ?? []
    if (pids.length > 0) held.push({ ...place, reason, why: `open in process ${pids.join(', ')}` })
    else restored.push({ ...place, reason, bytes: found.recorded })
  }
  return {
    checked,
    recorded: 0,
    restored,
    damaged,
    unmended: [],
    held,
    accepted: [],
    refilled: 0,
    verified,
    newLog: null,
    dryRun: true,
  }
}

/** As the first look after a start would decide it. */
function suspicion(
  { kind }: Inspection,
  cursor: Cursor,
  cleanupAgeMs: number,
  unclean: boolean,
  nowMs: number,
): string | null {
  const differences: Partial<Record<Inspection['kind'], Difference>> = {
    missing: { kind: 'missing' },
    shortened: { kind: 'shortened' },
    'nul-run': { kind: 'nul-run' },
  }
  const difference = differences[kind]
  if (!difference) return null
  if (cursor.suspect) return cursor.suspect.reason
  const lastChangedMs = cursor.mtimeMs >= 0 ? cursor.mtimeMs : cursor.changedMs
  return assess(difference, { unclean, lastChangedMs, nowMs, cleanupAgeMs })
}
