import { branchPage, sharedContext } from '../../engine/conflicts/branch-page.js'
import { conflictRow, mergeOf } from '../../engine/conflicts/describe.js'
import { conflictLines } from '../../engine/conflicts/own-lines.js'
import type { ConflictDetail } from '../../engine/conflicts/types.js'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Runtime } from '../runtime.js'
import { withConflict } from './conflict-find.js'

export interface ConflictShowArgs {
  readonly id: string
  /** Records of each branch to show: `limit` from position `from` on; a negative `from` counts from the end. */
  readonly from?: number
  readonly limit?: number
  /** Only this branch, counted from 0; the others’ pages are empty. */
  readonly branch?: number
}

const defaultLimit = 50

/** A conflict with what each branch has for itself, in readable form, some records at a time. */
export function showConflict(runtime: Runtime, args: ConflictShowArgs): Promise<ConflictDetail> {
  const tools = { reader: runtime.store.reader, hasher: runtime.hasher }
  const { from = 0, limit = defaultLimit, branch } = args
  return withConflict(runtime, args.id, async ({ view, entry, conflict }) => {
    if (branch !== undefined && branch >= conflict.branches.length)
      throw new HoldfastError('USAGE', `this conflict has ${conflict.branches.length} branches`)
    const lines = conflictLines(view, conflict, mergeOf(entry).shape, runtime.hasher)
    const reading = { format: entry.stream.format, clashes: conflict.clashes }
    return {
      conflict: await conflictRow(tools, entry, conflict),
      context: sharedContext(view, lines, reading),
      pages: lines.branches.map((each, i) => {
        const start = from < 0 ? Math.max(0, each.own.length + from) : from
        const page = { from: start, limit: branch === undefined || branch === i ? limit : 0 }
        return branchPage(view, each, page, reading)
      }),
    }
  })
}
