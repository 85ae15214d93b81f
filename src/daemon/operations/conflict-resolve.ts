import { conflictRow, mergeOf } from '../../engine/conflicts/describe.js'
import { planChoice, planTakeBack } from '../../engine/conflicts/plan.js'
import type { ConflictRow, ResolutionPreview, SplitSession } from '../../engine/conflicts/types.js'
import { HoldfastError } from '../../engine/core/errors.js'
import type { LogWriter } from '../../engine/ports/log.js'
import { openOwnLog } from '../log-continuity.js'
import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import { censusOf, withConflict, type FoundConflict } from './conflict-find.js'
import { basisOf, chosenBranch, type ChoiceArgs } from './conflict-choice.js'
import { previewConflict } from './conflict-preview.js'
import { plannedSessions, writeSessions } from './conflict-split.js'
import { record } from './record.js'

export interface ResolveArgs extends ChoiceArgs {
  readonly dryRun: boolean
  /** From a preview: refuse where anything arrived since. */
  readonly basis?: string
}

export interface ResolveResult {
  readonly dryRun: boolean
  readonly conflict: ConflictRow
  /** What would come of it; null where it was done. */
  readonly preview: ResolutionPreview | null
  /** Sessions that branches became. */
  readonly sessions: readonly SplitSession[]
}

/**
 * Decides a conflict. The decision is an event: durable when this resolves, and passed on to every host. Branches that
 * leave are sessions of their own, in the log, before it is taken. Throws USAGE where the choice is not possible,
 * CONFLICT_CHANGED where more arrived meanwhile.
 */
export async function resolveConflict(
  runtime: Runtime,
  args: ResolveArgs,
  io: OperationIo,
): Promise<ResolveResult> {
  const { dryRun, basis, ...choice } = args
  if (dryRun) {
    const preview = await previewConflict(runtime, choice)
    return { dryRun, conflict: preview.conflict, preview, sessions: preview.sessions }
  }
  // What can't be done is said before anything is.
  await withConflict(runtime, args.id, (found) => checkChoice(runtime, found, args))
  // Without a daemon nobody recorded what is new: the decision is to cover what the files hold.
  if (!runtime.recorder) await record(runtime, {}, io)
  await runtime.session?.own.writer.flush()
  const planned = choice.choice === 'split' ? await plannedSessions(runtime, choice) : []
  const sessions = await writeSessions(runtime, planned)
  const writer = await ownWriter(runtime)
  await withConflict(runtime, args.id, async (found) => {
    checkBasis(runtime, found, basis)
    const { view, entry, conflict } = found
    const chosen = chosenBranch(runtime, found, choice)
    const { body, leaving } = planChoice(view, entry.stream, mergeOf(entry).shape, conflict, chosen)
    const written = new Set(planned.map(({ head }) => head))
    if (leaving.some(({ branch: { head } }) => !written.has(`${head.log}:${head.offset}`)))
      throw new HoldfastError('CONFLICT_CHANGED', 'a branch grew while it was being split off')
    await writer.append({ events: [{ body }] })
  })
  return { dryRun, conflict: await rowNow(runtime, args.id), preview: null, sessions }
}

/** Takes back what resolved a conflict: its branches are as they were. Throws USAGE where nothing did. */
export async function undoConflict(
  runtime: Runtime,
  { id }: { readonly id: string },
): Promise<{ readonly conflict: ConflictRow }> {
  await runtime.session?.own.writer.flush()
  await withConflict(runtime, id, ({ entry, conflict }) => planTakeBack(entry.stream, conflict))
  const writer = await ownWriter(runtime)
  await withConflict(runtime, id, async ({ entry, conflict }) => {
    await writer.append({ events: [{ body: planTakeBack(entry.stream, conflict) }] })
  })
  return { conflict: await rowNow(runtime, id) }
}

async function ownWriter(runtime: Runtime): Promise<LogWriter> {
  return runtime.session?.own.writer ?? (await openOwnLog(runtime)).writer
}

/** Also brings the census up to date, so that the next `status` has nothing to do. */
async function rowNow(runtime: Runtime, id: string): Promise<ConflictRow> {
  await (await censusOf(runtime)).tallies()
  const tools = { reader: runtime.store.reader, hasher: runtime.hasher }
  return withConflict(runtime, id, ({ entry, conflict }) => conflictRow(tools, entry, conflict))
}

function checkChoice(runtime: Runtime, found: FoundConflict, args: ResolveArgs): void {
  checkBasis(runtime, found, args.basis)
  const { view, entry, conflict } = found
  planChoice(view, entry.stream, mergeOf(entry).shape, conflict, chosenBranch(runtime, found, args))
}

function checkBasis(runtime: Runtime, found: FoundConflict, basis: string | undefined): void {
  if (basis !== undefined && basisOf(runtime, found) !== basis)
    throw new HoldfastError('CONFLICT_CHANGED', 'more of this session arrived since it was looked at')
}
