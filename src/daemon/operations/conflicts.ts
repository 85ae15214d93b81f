import { conflictRow } from '../../engine/conflicts/describe.js'
import type { ConflictRow } from '../../engine/conflicts/types.js'
import type { ConflictStatus } from '../../engine/core/merge/types.js'
import type { Runtime } from '../runtime.js'
import { censusOf } from './conflict-find.js'

export type {
  BranchPage,
  BranchRow,
  ChoiceName,
  ConflictDetail,
  ConflictRow,
  HostEffect,
  Message,
  ResolutionPreview,
  SplitSession,
  TextDifference,
} from '../../engine/conflicts/types.js'

export interface ConflictsArgs {
  /** Those of this status alone; default: open and merged ones. `all`: every one that ever was. */
  readonly status?: ConflictStatus | 'all'
}

export interface ConflictsResult {
  /** Open ones first, then by when they last grew, the latest first. */
  readonly conflicts: readonly ConflictRow[]
  /** How many there are of each status, listed or not. */
  readonly counts: Readonly<Record<ConflictStatus, number>>
}

const order: Record<ConflictStatus, number> = { open: 0, merged: 1, resolved: 2 }

/** Conflicts over all streams. */
export async function conflicts(runtime: Runtime, { status }: ConflictsArgs): Promise<ConflictsResult> {
  const wanted: readonly ConflictStatus[] =
    status === undefined ? ['open', 'merged'] : status === 'all' ? ['open', 'merged', 'resolved'] : [status]
  const tools = { reader: runtime.store.reader, hasher: runtime.hasher }
  const streams = await runtime.streams()
  const tallies = new Map(await (await censusOf(runtime)).tallies())
  const counts = { open: 0, merged: 0, resolved: 0 }
  const rows: ConflictRow[] = []
  for (const [key, tally] of tallies) {
    for (const each of Object.keys(counts) as ConflictStatus[]) counts[each] += tally[each]
    if (!wanted.some((each) => tally[each] > 0)) continue
    await streams.view(key, async (view, entry) => {
      for (const conflict of view.conflicts())
        if (wanted.includes(conflict.status)) rows.push(await conflictRow(tools, entry, conflict))
    })
  }
  return { conflicts: rows.toSorted(byUrgency), counts }
}

/** How many conflicts wait for somebody to decide. What did not change since it was last asked costs nothing. */
export async function openConflictCount(runtime: Runtime): Promise<number> {
  const tallies = await (await censusOf(runtime)).tallies()
  return [...tallies.values()].reduce((sum, { open }) => sum + open, 0)
}

function byUrgency(a: ConflictRow, b: ConflictRow): number {
  if (a.status !== b.status) return order[a.status] - order[b.status]
  const [x, y] = [latest(a), latest(b)]
  if (x !== y) return x < y ? 1 : -1
  return a.id < b.id ? -1 : 1
}

function latest({ branches }: ConflictRow): string {
  return branches.reduce((time, { to }) => (to > time ? to : time), '')
}
