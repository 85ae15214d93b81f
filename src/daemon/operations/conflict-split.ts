import { splitSessionId } from '../../engine/conflicts/conflict-id.js'
import { branchHost, hostNames, mergeOf } from '../../engine/conflicts/describe.js'
import { conflictLines } from '../../engine/conflicts/own-lines.js'
import { headName, planChoice } from '../../engine/conflicts/plan.js'
import { splitBranch, splitCompanion } from '../../engine/conflicts/split-session.js'
import { textBytes } from '../../engine/conflicts/text-lines.js'
import type { SplitSession } from '../../engine/conflicts/types.js'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Stream } from '../../engine/core/stream.js'
import { absolutePath, kindOf, type WatchedRoot } from '../../engine/record/watched-root.js'
import { FileDigest } from '../../engine/replay/file-digest.js'
import type { RecordingSession } from '../session.js'
import type { Runtime } from '../runtime.js'
import { withConflict } from './conflict-find.js'
import { chosenBranch, type ChoiceArgs } from './conflict-choice.js'
import { isTaken, writeNewFile } from './conflict-new-file.js'
import { watchedRoot, streamFolder } from './conflict-place.js'

/** A session that a branch becomes, ready to be written. */
export interface PlannedSession {
  readonly row: SplitSession
  /** Where the branch ends: `log:offset`. */
  readonly head: string
  readonly stream: Stream
  readonly root: WatchedRoot
  /** Below the root's base. */
  readonly path: string
  /** Of the session's stream, the path's beginning: what stands before `Stream.rest`. */
  readonly folder: string
  readonly bytes: Uint8Array
}

interface Leaving {
  readonly head: string
  readonly host: string
  readonly bytes: Uint8Array
  /** Ids that it may have: the first one stays the same while the branch grows. */
  readonly ids: readonly string[]
}

/** The sessions that the leaving branches of a split become on this host. Throws USAGE where they have no place here. */
export async function plannedSessions(runtime: Runtime, args: ChoiceArgs): Promise<PlannedSession[]> {
  const { stream, leaving, entry } = await leavingBranches(runtime, args)
  const root = watchedRoot(runtime, stream)
  const folder = await streamFolder(runtime, entry, root)
  return leaving.map(({ head, host, bytes, ids }) => {
    for (const [i, session] of ids.entries()) {
      const file = splitBranch(stream, bytes, session)
      const path = folder + file.path
      if (kindOf(root, path) === null)
        throw new HoldfastError('USAGE', `“${path}” would not be recorded below the root ${root.name}`)
      const absolute = absolutePath(root, path)
      if (i < ids.length - 1 && isTaken(runtime.files, absolute, file.bytes)) continue
      const digest = new FileDigest(runtime.hasher).update(file.bytes).hex()
      const id = root.format.sessionId(path)
      const row = { session: id, host, path: absolute, length: file.bytes.length, digest }
      return { row, head, stream, root, path, folder, bytes: file.bytes }
    }
    throw new HoldfastError('INTERNAL', 'a branch has no id')
  })
}

function leavingBranches(runtime: Runtime, args: ChoiceArgs) {
  const { store, hasher } = runtime
  return withConflict(runtime, args.id, (found) => {
    const { view, entry, conflict, id } = found
    const { shape } = mergeOf(entry)
    const { leaving } = planChoice(view, entry.stream, shape, conflict, chosenBranch(runtime, found, args))
    const lines = conflictLines(view, conflict, shape, hasher)
    const names = hostNames(store.reader)
    const branches = leaving.map(({ branch, text }): Leaving => {
      const head = headName(branch)
      const first = lines.branches[conflict.branches.indexOf(branch)]?.own[0]?.key
      const begins = first === undefined ? head : Buffer.from(first, 'latin1').toString('hex')
      const ids = [begins, head].map((what) => splitSessionId(hasher, id, what))
      return { head, host: branchHost(store.reader, names, branch), bytes: textBytes(view, text), ids }
    })
    return { stream: entry.stream, entry, leaving: branches }
  })
}

/** Writes sessions that are not there yet and has them recorded. They are in the log when it resolves. */
export async function writeSessions(
  runtime: Runtime,
  planned: readonly PlannedSession[],
): Promise<SplitSession[]> {
  const { session } = runtime
  if (planned.length === 0) return []
  if (!session) throw new HoldfastError('INTERNAL', 'nothing records what a split writes')
  for (const each of planned) {
    // What belongs to a session stands there before the session does.
    await writeCompanions(runtime, session, each)
    await writeAndRecord(runtime, session, each.root, each.path, each.bytes)
  }
  await session.own.writer.flush()
  return planned.map(({ row }) => row)
}

async function writeCompanions(
  runtime: Runtime,
  session: RecordingSession,
  { stream, row, folder, root }: PlannedSession,
): Promise<void> {
  const streams = await runtime.streams()
  const empty = new Uint8Array(0)
  const companions = [...(await streams.index()).all()].filter(
    (entry) => splitCompanion(stream, entry.stream, empty, row.session) !== null,
  )
  for (const { stream: companion } of companions) {
    const bytes = await streams.view(companion.key, (view) => textBytes(view, view.view().text))
    const file = splitCompanion(stream, companion, bytes ?? empty, row.session)
    const beside = companion.root === stream.root
    const place = beside ? root : session.roots.find(({ name }) => name === companion.root)
    if (!file || file.bytes.length === 0 || !place) continue
    const path = beside ? folder + file.path : file.path
    if (kindOf(place, path) !== null) await writeAndRecord(runtime, session, place, path, file.bytes)
  }
}

async function writeAndRecord(
  runtime: Runtime,
  { recorder, observer, own }: RecordingSession,
  root: WatchedRoot,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  await recorder.exclusively(async () => {
    writeNewFile(runtime, root, path, bytes)
    const outcome = await observer.observe(root, path)
    if (outcome !== 'recorded' && outcome !== 'unchanged')
      throw new HoldfastError(
        'NOT_READABLE',
        `${absolutePath(root, path)} could not be recorded (${outcome})`,
      )
  })
  await own.writer.flush()
}
