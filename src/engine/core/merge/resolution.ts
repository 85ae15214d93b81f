import { HoldfastError } from '../errors.js'
import type { EventRef, ResolveBody } from '../event.js'
import { undoChoice } from './apply-resolve.js'
import type { StreamView } from './stream-view.js'
import type { Branch, Conflict, MergeShape, StreamText } from './types.js'

/**
 * How a conflict is to be resolved. union: everything. keep: one branch. split: one branch stays under this name, the
 * others become sessions of their own (see `SplitPlan`).
 */
export type Choice =
  { readonly choice: 'union' } | { readonly choice: 'keep' | 'split'; readonly head: EventRef }

/** What to write for a choice: the event's body, and with `split` the branches to write elsewhere first. */
export interface ResolutionPlan {
  readonly body: ResolveBody
  /** Branches that leave this stream, each as the whole text that it stands for. */
  readonly leaving: readonly { readonly branch: Branch; readonly text: StreamText }[]
}

/**
 * The event that resolves a conflict. It covers every head there is, behind ones too, so that no copy of what it drops
 * brings it back. Throws USAGE for a union of order-dependent branches or of values, and for a head that is none.
 */
export function planResolution(
  view: StreamView,
  stream: string,
  shape: MergeShape,
  conflict: Conflict,
  how: Choice,
): ResolutionPlan {
  const heads = view.heads()
  if (how.choice === 'union') {
    if (shape === 'ordered' || shape === 'whole') {
      throw new HoldfastError('USAGE', 'this file depends on its order, so its branches cannot be joined', {
        next: 'Resolve it with --split or --keep HOST.',
      })
    }
    const pieces = view.unionText(conflict.branches.map(({ head }) => head)).slice()
    return { body: { kind: 'resolve', stream, heads, pieces, choice: 'union' }, leaving: [] }
  }
  const stays = conflict.branches.find(({ head }) => sameRef(head, how.head))
  const text = stays && view.branchText(stays.head)
  if (!stays || !text) throw new HoldfastError('USAGE', 'this conflict has no such branch')
  const leaving =
    how.choice === 'keep'
      ? []
      : conflict.branches.flatMap((branch) => {
          const other = branch === stays ? null : view.branchText(branch.head)
          return other ? [{ branch, text: other }] : []
        })
  return { body: { kind: 'resolve', stream, heads, pieces: text.slice(), choice: how.choice }, leaving }
}

/** The event that makes resolutions void: what they dropped is back, and the conflict is as it was. */
export function planUndo(stream: string, resolutions: readonly EventRef[]): ResolveBody {
  return { kind: 'resolve', stream, heads: resolutions, pieces: [], choice: undoChoice }
}

function sameRef(a: EventRef, b: EventRef): boolean {
  return a.log === b.log && a.offset === b.offset
}
