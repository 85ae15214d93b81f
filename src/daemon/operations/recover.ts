import type { Damage } from '../../engine/ports/check.js'
import { acceptSuspects, damagedFiles, differingFiles, repairFiles } from '../../engine/recover/recover.js'
import { lookCloser } from '../../engine/recover/look-closer.js'
import type { RecoverTools } from '../../engine/recover/recover-tools.js'
import { checkAndFence } from '../open-check.js'
import type { OperationIo } from '../operation.js'
import { startRecording } from '../recording-session.js'
import type { Runtime } from '../runtime.js'
import { previewRecover } from './recover-preview.js'
import type { DamageRow, RecoverResult } from './recover-result.js'
import type { RecordingSession } from '../session.js'
import { suspectRows } from '../suspects.js'
import { tornFiles } from '../torn-files.js'

export interface RecoverArgs {
  readonly dryRun: boolean
  /** Take what is suspect as intended: record it as it is instead of restoring. */
  readonly accept: boolean
}

/** The recovery of a runtime that is under way. A caller that goes away does not end it. */
const underWay = new WeakMap<Runtime, Promise<unknown>>()

/**
 * Mends this machine after a crash. Every step can be killed and run again; a second run finds nothing to do. Two take
 * turns: the second would take what the first is about to mend for damage that changes under its hands.
 */
export async function recover(runtime: Runtime, args: RecoverArgs, io: OperationIo): Promise<RecoverResult> {
  if (args.dryRun) return previewRecover(runtime, io)
  const before = underWay.get(runtime) ?? Promise.resolve()
  const mending = before.then(() => mend(runtime, args, io))
  const ended = mending.catch(() => undefined)
  underWay.set(runtime, ended)
  return mending
}

async function mend(runtime: Runtime, args: RecoverArgs, io: OperationIo): Promise<RecoverResult> {
  const phase = (name: string, unit: 'files' | 'bytes' | 'events') => (done: number, total: number | null) =>
    io.progress({ phase: name, done, total, unit })
  const session = await sessionFor(runtime, phase('checking the log', 'events'))
  const { damage, torn } = await fullCheck(runtime, session, phase('checking the log', 'events'))
  const swept = phase('recording what was missed', 'bytes')
  let recorded = 0
  const end = session.subscribe((durable) => {
    recorded += durable.length
  })
  await session.recorder.sweep((done) => swept(done.bytes, done.totalBytes))
  end()
  const tools = recoverTools(runtime, session)
  const compare = phase('comparing files', 'files')
  const found = await differingFiles(tools, session.recorder, (done) => compare(done, null))
  const offline = await lookCloser(tools, session.recorder, found.differing)
  const suspects = suspectRows(session).map(({ reason, root, path }): DamageRow => ({
    what: reason,
    root,
    path,
  }))
  const underRepair = (await damagedFiles(tools))
    .filter(({ cursor }) => cursor.suspect === null)
    .map(({ cursor }): DamageRow => ({ what: 'nul-run', root: cursor.facts.root, path: cursor.facts.path }))
  const accepted = args.accept ? await acceptSuspects(tools, session.recorder) : []
  const repair = args.accept
    ? { restored: [], unmended: [], held: [] }
    : await repairFiles(tools, session.recorder, phase('restoring', 'files'))
  const verify = phase('verifying', 'files')
  // Where all was as recorded before, nothing was changed since.
  const { files, differing } =
    found.differing.length + repair.restored.length + accepted.length === 0
      ? found
      : await differingFiles(tools, session.recorder, (done) => verify(done, null))
  const stillTorn = await tornFiles(session.tools)
  const held = [...repair.held, ...offline]
  const left = differing.filter((each) => !isListed(each, [...held, ...repair.unmended]))
  return {
    checked: runtime.store.reader.logs().reduce((sum, { events }) => sum + events, 0),
    recorded,
    restored: repair.restored,
    damaged: [...storeRows(runtime), ...damage.map(damageRow), ...suspects, ...underRepair],
    unmended: [
      ...repair.unmended,
      ...left.map(({ root, path, kind }) => ({
        root,
        path,
        reason: kind,
        why: 'it still differs from the log',
      })),
      ...lostForGood(damage, torn, stillTorn),
    ],
    held,
    accepted,
    refilled: torn.length - stillTorn.filter((file) => torn.includes(file)).length,
    verified: files,
    newLog: session.own.opened,
    dryRun: false,
  }
}

async function sessionFor(
  runtime: Runtime,
  onCheck: (done: number, total: number | null) => void,
): Promise<RecordingSession> {
  if (runtime.session) return runtime.session
  let failure: unknown = null
  const session = await startRecording(runtime, {
    onFatal: (error) => {
      failure ??= error
    },
    fullCheck: true,
    onCheck: (events) => onCheck(events, null),
  })
  if (failure !== null) throw failure
  return session
}

/** Checks every log that is here from its first event on. What is damaged is fenced, and its files are looked at anew. */
async function fullCheck(
  runtime: Runtime,
  session: RecordingSession,
  onCheck: (done: number, total: number | null) => void,
): Promise<{ damage: readonly Damage[]; torn: readonly string[] }> {
  const { recorder, tools, untold } = session
  return recorder.exclusively(async () => {
    await tools.writer.flush()
    const found: Damage[] = []
    for (const { log, events } of runtime.store.reader.logs()) {
      if (log === session.wholeLogChecked) continue
      const onProgress = (done: number): void => onCheck(done, events)
      found.push(...(await checkAndFence(runtime.store, log, { full: true, unclean: true, onProgress })))
    }
    if (found.length > 0) {
      for (const cursor of tools.cursors.all()) tools.cursors.set(cursor.facts, { ...cursor, size: -1 })
    }
    const torn = found.length > 0 ? await tornFiles(tools) : []
    session.untold = { damage: [], torn: [] }
    session.wholeLogChecked = null
    return { damage: [...untold.damage, ...found], torn: [...new Set([...untold.torn, ...torn])] }
  })
}

/** Lost events whose files are whole again cost older versions only; they are told once, as damage, not as unmended. */
function lostForGood(
  damage: readonly Damage[],
  before: readonly string[],
  after: readonly string[],
): DamageRow[] {
  const lost = damage.filter(({ what }) => what !== 'index' && what !== 'head')
  return lost.length > 0 && (after.length > 0 || before.length === 0) ? lost.map(damageRow) : []
}

/** The database itself could not be opened and was mended; what it held before is in the copy. */
function storeRows({ damagedStoreCopy }: Runtime): DamageRow[] {
  return damagedStoreCopy === null ? [] : [{ what: 'store', path: damagedStoreCopy }]
}

function damageRow({ what, log, from, to }: Damage): DamageRow {
  return { what, log, from, to }
}

function isListed(
  file: { root: string; path: string },
  listed: readonly { root: string; path: string }[],
): boolean {
  return listed.some(({ root, path }) => root === file.root && path === file.path)
}

function recoverTools(runtime: Runtime, session: RecordingSession): RecoverTools {
  const { files, random, processes, store } = runtime
  return { ...session.tools, files, random, processes, store, observer: session.observer }
}
