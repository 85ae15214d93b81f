import type { Damage } from '../../engine/ports/check.js'
import { acceptSuspects, damagedFiles, differingFiles, repairFiles } from '../../engine/recover/recover.js'
import type { RecoverTools } from '../../engine/recover/recover-tools.js'
import { latestState } from '../../engine/replay/content.js'
import { checkAndFence } from '../open-check.js'
import type { OperationIo } from '../operation.js'
import { startRecording } from '../recording-session.js'
import type { Runtime } from '../runtime.js'
import { previewRecover } from './recover-preview.js'
import type { DamageRow, RecoverResult } from './recover-result.js'
import type { RecordingSession } from '../session.js'
import { suspectRows } from '../suspects.js'

export interface RecoverArgs {
  readonly dryRun: boolean
  /** Take what is suspect as intended: record it as it is instead of restoring. */
  readonly accept: boolean
}

/** Mends this machine after a crash. Every step can be killed and run again; a second run finds nothing to do. */
export async function recover(runtime: Runtime, args: RecoverArgs, io: OperationIo): Promise<RecoverResult> {
  if (args.dryRun) return previewRecover(runtime, io)
  const phase = (name: string, unit: 'files' | 'bytes' | 'events') => (done: number, total: number | null) =>
    io.progress({ phase: name, done, total, unit })
  const session = await sessionFor(runtime, phase('checking the log', 'events'))
  const damage = await fullCheck(runtime, session, phase('checking the log', 'events'))
  const torn = await incompleteFiles(runtime, session)
  const swept = phase('recording what was missed', 'bytes')
  let recorded = 0
  const end = session.subscribe((durable) => {
    recorded += durable.length
  })
  await session.recorder.sweep((done) => swept(done.bytes, done.totalBytes))
  end()
  const tools = recoverTools(runtime, session)
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
  const { files, differing } = await differingFiles(tools, session.recorder, (done) => verify(done, null))
  const stillTorn = await incompleteFiles(runtime, session)
  const left = args.dryRun
    ? []
    : differing.filter((each) => !isListed(each, [...repair.held, ...repair.unmended]))
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
    held: repair.held,
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
): Promise<Damage[]> {
  const { recorder, tools } = session
  return recorder.exclusively(async () => {
    await tools.writer.flush()
    const found: Damage[] = [...session.damage]
    for (const { log, events } of runtime.store.reader.logs()) {
      const onProgress = (done: number): void => onCheck(done, events)
      found.push(...(await checkAndFence(runtime.store, log, { full: true, unclean: true, onProgress })))
    }
    if (found.length > 0) {
      for (const cursor of tools.cursors.all()) tools.cursors.set(cursor.facts, { ...cursor, size: -1 })
    }
    return found.filter((each, i) => found.findIndex((other) => sameDamage(each, other)) === i)
  })
}

function sameDamage(a: Damage, b: Damage): boolean {
  return a.log === b.log && a.from === b.from && a.to === b.to && a.what === b.what
}

/** Files of this host whose content the log can't give whole. */
async function incompleteFiles(runtime: Runtime, { tools, own }: RecordingSession): Promise<string[]> {
  const { reader } = runtime.store
  const lost = reader.log(own.writer.log)?.lost ?? []
  if (lost.length === 0) return []
  const torn: string[] = []
  for (const { facts, state, position } of tools.cursors.all()) {
    if (state !== 'live') continue
    const { content, complete } = await latestState(reader, own.writer.log, facts)
    const touched = content.pieces.some(
      (piece) => 'log' in piece && lost.some(({ from, to }) => piece.offset >= from && piece.offset < to),
    )
    if (!complete || touched || content.length < position) torn.push(`${facts.root}\0${facts.path}`)
  }
  return torn
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
