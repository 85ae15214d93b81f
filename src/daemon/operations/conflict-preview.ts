import { branchHost, conflictRow, hostNames, mergeOf } from '../../engine/conflicts/describe.js'
import { planChoice } from '../../engine/conflicts/plan.js'
import { previewOutcome } from '../../engine/conflicts/preview.js'
import type { ResolutionPreview, SplitSession } from '../../engine/conflicts/types.js'
import type { Runtime } from '../runtime.js'
import { ownLogId } from '../log-continuity.js'
import { basisOf, chosenBranch, type ChoiceArgs } from './conflict-choice.js'
import { withConflict } from './conflict-find.js'
import { plannedSessions } from './conflict-split.js'

/** What resolving a conflict in this way would make of the session, here and on every host. Changes nothing. */
export async function previewConflict(runtime: Runtime, args: ChoiceArgs): Promise<ResolutionPreview> {
  const { store, hasher, clock } = runtime
  const tools = { reader: store.reader, hasher }
  const log = (await ownLogId(runtime)) ?? 'f'.repeat(32)
  const writer = { log, host: store.reader.log(log)?.host ?? log, nowMs: clock.now() }
  // Outside of the view: other streams are read for it.
  let sessions: readonly SplitSession[] = []
  if (args.choice === 'split') sessions = (await plannedSessions(runtime, args)).map(({ row }) => row)
  return withConflict(runtime, args.id, async (found) => {
    const { view, entry, conflict } = found
    const { shape } = mergeOf(entry)
    const chosen = chosenBranch(runtime, found, args)
    const { body } = planChoice(view, entry.stream, shape, conflict, chosen)
    const reading = { format: entry.stream.format, clashes: conflict.clashes }
    return {
      conflict: await conflictRow(tools, entry, conflict),
      choice: args.choice,
      host:
        chosen.choice === 'union' ? null : branchHost(store.reader, hostNames(store.reader), chosen.stays),
      ...(await previewOutcome(tools, view, entry, body, writer, reading)),
      sessions,
      basis: basisOf(runtime, found),
    }
  })
}
