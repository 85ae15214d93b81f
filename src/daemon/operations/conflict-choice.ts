import { branchHost, hostNames, mergeOf } from '../../engine/conflicts/describe.js'
import { headName, possibleChoices, type ChosenBranch } from '../../engine/conflicts/plan.js'
import type { ChoiceName } from '../../engine/conflicts/types.js'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Branch, Conflict } from '../../engine/core/merge/types.js'
import type { Runtime } from '../runtime.js'
import type { FoundConflict } from './conflict-find.js'

export interface ChoiceArgs {
  readonly id: string
  readonly choice: ChoiceName
  /** Whose branch stays: needed for `keep`; for `split` the first one's where it is not said. */
  readonly host?: string
}

/** What a choice says of the conflict's branches. Throws USAGE. */
export function chosenBranch(
  runtime: Runtime,
  { conflict, entry }: FoundConflict,
  { choice, host }: ChoiceArgs,
): ChosenBranch {
  if (choice === 'union') return { choice }
  const possible = possibleChoices(conflict, entry.stream, mergeOf(entry).shape)
  // Says what is wrong with the choice itself before anything about the branch.
  const [first] = conflict.branches
  if (host === undefined || !possible.includes(choice)) {
    if (choice === 'keep' && host === undefined)
      throw new HoldfastError('USAGE', 'whose branch to keep is not said', { next: 'Say --keep HOST.' })
    if (first) return { choice, stays: first }
  }
  return { choice, stays: namedBranch(runtime, conflict, host ?? '') }
}

/** Names everything that a conflict's stream holds, so that a decision about something older can be told. */
export function basisOf({ hasher }: Runtime, { view, conflict }: FoundConflict): string {
  const heads = view.heads().map(({ log, offset, digest }) => `${log}:${offset}:${digest}`)
  const text = [...heads, conflict.id, ...conflict.branches.map(headName)].join('\n')
  return Buffer.from(hasher.sha256(Buffer.from(text)).subarray(0, 8)).toString('hex')
}

/**
 * The branch that a person names: by its host, or by its number as `show` counts them. Throws USAGE, listing them.
 */
function namedBranch(runtime: Runtime, { branches }: Conflict, named: string): Branch {
  const { reader } = runtime.store
  const names = hostNames(reader)
  const hostOf = (branch: Branch): string => branchHost(reader, names, branch)
  const isOf = ({ hosts }: Branch): boolean =>
    hosts.some(
      (host) => names.get(host) === named || (/^[0-9a-f]{8,}$/.test(named) && host.startsWith(named)),
    )
  const ending = branches.filter((branch) => hostOf(branch) === named)
  const found = ending.length > 0 ? ending : branches.filter(isOf)
  const numbered = found.length === 0 && /^[1-9]\d*$/.test(named) ? branches[Number(named) - 1] : undefined
  const [branch] = numbered ? [numbered] : found
  if (branch && found.length < 2) return branch
  const list = branches.map((each, i) => `${i + 1}: ${hostOf(each)}`).join(', ')
  const message =
    found.length > 1 ? `“${named}” has several branches here` : `no branch here is of a host “${named}”`
  throw new HoldfastError('USAGE', message, { next: `Name a branch by its number or its host: ${list}.` })
}
