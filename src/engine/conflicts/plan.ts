import { HoldfastError } from '../core/errors.js'
import type { EventRef, ResolveBody } from '../core/event.js'
import { planResolution, planUndo } from '../core/merge/resolution.js'
import type { StreamView } from '../core/merge/stream-view.js'
import type { Branch, Conflict, MergeShape, StreamText } from '../core/merge/types.js'
import type { Stream } from '../core/stream.js'
import { isSplittable } from './split-session.js'
import type { ChoiceName } from './types.js'

/** A choice with the branch that stays, which a union has none of. */
export type ChosenBranch =
  { readonly choice: 'union' } | { readonly choice: 'keep' | 'split'; readonly stays: Branch }

export interface PlannedResolution {
  readonly body: ResolveBody
  /** Branches that become sessions of their own. */
  readonly leaving: readonly { readonly branch: Branch; readonly text: StreamText }[]
}

/** What a conflict can be resolved by. Nothing where it is resolved. */
export function possibleChoices(conflict: Conflict, stream: Stream, shape: MergeShape): ChoiceName[] {
  if (conflict.status === 'resolved') return []
  // An append already brought the branches together: whatever drops one of them would drop what came after, too.
  if (conflict.status === 'merged') return ['union']
  const choices: ChoiceName[] = shape === 'tree' || shape === 'records' ? ['union'] : []
  // What was removed is no session that somebody wants beside the one that went on.
  if (conflict.kind !== 'remove' && shape !== 'whole' && isSplittable(stream)) choices.push('split')
  return [...choices, 'keep']
}

/**
 * The event that resolves a conflict, and what leaves the stream by it. It covers every head of the text that the
 * conflict is about, so what else is open there is taken into a union as well, and leaves as well with a split. A text
 * of the stream that shares nothing with it (the file before a rotation) is left alone. Throws USAGE.
 */
export function planChoice(
  view: StreamView,
  stream: Stream,
  shape: MergeShape,
  conflict: Conflict,
  chosen: ChosenBranch,
): PlannedResolution {
  const choices = possibleChoices(conflict, stream, shape)
  if (!choices.includes(chosen.choice)) throw impossible(conflict, choices)
  const side = sideOf(view, conflict)
  if (chosen.choice === 'union') return { body: unionBody(view, stream, shape, conflict, side), leaving: [] }
  const { choice, stays } = chosen
  const whole = { ...conflict, branches: side.branches }
  const { body, leaving } = planResolution(view, stream.key, shape, whole, { choice, head: stays.head })
  return { body: { ...body, heads: side.heads }, leaving }
}

/** What a resolution of a conflict is about. */
interface Side {
  /** The conflict's branches, and those of whatever else is open in the same text. */
  readonly branches: readonly Branch[]
  readonly heads: readonly EventRef[]
  /** Whether it is the text that the stream shows. */
  readonly isShown: boolean
}

function sideOf(view: StreamView, conflict: Conflict): Side {
  const shown = new Set(view.view().heads.map(refName))
  const touchesShown = ({ kind, branches }: Conflict): boolean =>
    kind === 'unrelated' || branches.some(({ head }) => shown.has(refName(head)))
  const isShown = conflict.status === 'merged' || touchesShown(conflict)
  const open = view.conflicts().filter(({ status, id }) => status === 'open' && id !== conflict.id)
  const same = open.filter((other) => conflict.kind === 'unrelated' || touchesShown(other) === isShown)
  const others = open.filter((other) => !same.includes(other))
  const branches = distinct([...conflict.branches, ...same.flatMap((other) => other.branches)])
  const mine = new Set(branches.map(headName))
  const left = new Set(others.flatMap((other) => other.branches.map(headName)))
  if (!isShown) for (const name of shown) left.add(name)
  const heads = view.heads().filter((head) => mine.has(refName(head)) || !left.has(refName(head)))
  return { branches, heads, isShown }
}

/** The event that takes back what resolved a conflict. Throws USAGE where nothing did. */
export function planTakeBack(stream: Stream, conflict: Conflict): ResolveBody {
  const inForce = conflict.resolutions.filter(({ undone }) => !undone).map(({ ref }) => ref)
  if (inForce.length === 0)
    throw new HoldfastError('USAGE', 'nothing resolved this conflict, so there is nothing to take back')
  return planUndo(stream.key, inForce)
}

function unionBody(
  view: StreamView,
  stream: Stream,
  shape: MergeShape,
  conflict: Conflict,
  { branches, heads, isShown }: Side,
): ResolveBody {
  const canonical = view.view()
  const common = { kind: 'resolve', stream: stream.key, heads, choice: 'union' } as const
  if (conflict.status === 'merged') return { ...common, pieces: canonical.text.slice() }
  if (shape !== 'tree' && shape !== 'records')
    return planResolution(view, stream.key, shape, conflict, { choice: 'union' }).body
  const kept = [...branches.map(({ head }) => head), ...(isShown ? canonical.heads : [])]
  return { ...common, pieces: view.unionText(kept).slice() }
}

/** Of several of one head the first. */
function distinct(branches: readonly Branch[]): Branch[] {
  const found = new Map<string, Branch>()
  for (const branch of branches) if (!found.has(headName(branch))) found.set(headName(branch), branch)
  return [...found.values()]
}

/** `log:offset` of where a branch ends. */
export function headName({ head }: Branch): string {
  return refName(head)
}

function refName({ log, offset }: EventRef): string {
  return `${log}:${offset}`
}

function impossible(conflict: Conflict, choices: readonly ChoiceName[]): HoldfastError {
  if (conflict.status === 'resolved') {
    const last = conflict.resolutions.findLast(({ undone }) => !undone)
    return new HoldfastError('USAGE', `this conflict is resolved already${last ? ` (${last.choice})` : ''}`, {
      next: 'To choose again, take that back first: `holdfast conflicts undo ID`.',
    })
  }
  const flags = choices.map((choice) => (choice === 'keep' ? '--keep HOST' : `--${choice}`)).join(' or ')
  const why =
    conflict.status === 'merged'
      ? 'an append has brought its branches together already'
      : conflict.kind === 'remove'
        ? 'one side removed the session'
        : 'the records of this file depend on their order or on its name'
  return new HoldfastError('USAGE', `that is not possible here: ${why}`, {
    next: `Resolve it with ${flags}.`,
  })
}
