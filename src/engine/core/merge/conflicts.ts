import {
  type BranchParts,
  branchesOf,
  clashesOf,
  copyWithin,
  coversBeginning,
  describeBranch,
  divergenceOf,
  textOf,
} from './branches.js'
import { componentStates } from './components-view.js'
import { rootOf } from './components.js'
import { hashBytes } from './contents.js'
import type { StreamGraph } from './graph.js'
import { type Component, type HostFile, isWithin, type Item, type Node } from './model.js'
import { compareText } from './order.js'
import { compareNodes, type Tips } from './tips.js'
import type { Conflict, ConflictKind, ConflictStatus, Resolution } from './types.js'
import { decidingResolves } from './visibility.js'

/** What the derivation reads. `backwards` gives the records of a component, last first. */
export interface ConflictSource {
  readonly graph: StreamGraph
  readonly tips: Tips
  backwards(component: Component): Iterable<Item>
}

const precedence: Record<ConflictStatus, number> = { open: 0, merged: 1, resolved: 2 }

/**
 * Every conflict that a history holds, by id. Derived, never stored: open ones from the heads, past ones from the
 * events that brought concurrent heads together. Where two have one id, a resolved one was reopened: the open one is
 * listed.
 */
export function deriveConflicts(source: ConflictSource): Conflict[] {
  const found = new Map<string, Conflict>()
  const note = (conflict: Conflict | null): void => {
    if (!conflict) return
    const known = found.get(conflict.id)
    if (!known || precedence[conflict.status] < precedence[known.status]) found.set(conflict.id, conflict)
  }
  const states = componentStates(source.graph)
  const deciding = decidingResolves(source.graph)
  for (const { component, state } of states) {
    if (state !== 'moved') note(openConflict(source, component))
  }
  for (const merge of [...source.graph.merges].sort(compareNodes)) note(pastConflict(source, merge, deciding))
  for (const file of source.graph.files.values()) note(removeConflict(source, file, deciding))
  note(unrelatedConflict(source, states))
  return [...found.values()].sort((a, b) => compareText(a.id, b.id))
}

function openConflict(source: ConflictSource, component: Component): Conflict | null {
  const tips = source.tips.of(component)
  if (tips.length < 2) return null
  return build(source, tips, null, 'open')
}

function pastConflict(source: ConflictSource, merge: Node, deciding: readonly Node[]): Conflict | null {
  // An undone resolution decided nothing; what it kept of both would only hide that there were two.
  const tips = source.tips.reduce(merge.parents.filter((node) => !node.resolve?.undone))
  if (tips.length < 2) return null
  const resolved = merge.resolve !== null || deciding.some((resolve) => isWithin(merge, resolve))
  return build(source, tips, null, resolved ? 'resolved' : 'merged')
}

/** A file that one host removed while another, not knowing, continued it. */
function removeConflict(source: ConflictSource, file: HostFile, deciding: readonly Node[]): Conflict | null {
  const removal = file.chain?.nodes.at(-1)
  if (!removal || file.state !== 'removed' || file.continued) return null
  const others = source.tips
    .of(removal.chain.component)
    .filter((tip) => tip !== removal && !isWithin(removal, tip) && !source.tips.isBehind(tip, removal))
  if (others.length === 0) return null
  const resolved = deciding.some((resolve) => isWithin(removal, resolve))
  return build(source, [removal, ...others], 'remove', resolved ? 'resolved' : 'open')
}

/** Texts of one name that share neither a record nor an ancestor: which is meant, only a person can say. */
function unrelatedConflict(
  source: ConflictSource,
  states: ReturnType<typeof componentStates>,
): Conflict | null {
  const live = states.filter(({ state }) => state === 'live')
  if (live.length < 2) return null
  const tips = live.map(({ component }) => source.tips.of(component)[0]).filter((tip) => tip !== undefined)
  return build(source, tips, 'unrelated', 'open')
}

function build(
  source: ConflictSource,
  nodes: readonly Node[],
  kind: ConflictKind | null,
  status: ConflictStatus,
): Conflict {
  const { graph, tips } = source
  const [first] = nodes as readonly [Node, ...Node[]]
  const branches = kind === 'remove' ? besideRemoval(source, nodes) : branchesOf(graph, tips, nodes)
  const divergence =
    kind === 'unrelated'
      ? null
      : divergenceOf(graph, tips, nodes, source.backwards(rootOf(first.chain.component)))
  const clashes = clashesOf(graph, branches)
  return {
    id: conflictId(branches.map(({ begins }) => begins)),
    kind: kind ?? kindOf(source, nodes, clashes),
    status,
    divergence: divergence && placed(graph, divergence, first),
    branches: branches.map((branch) => describeBranch(graph, branch)),
    clashes,
    resolutions: resolutionsOf(graph, branches),
  }
}

/** The removal is a branch without records, whatever its file held. */
function besideRemoval(source: ConflictSource, [removal, ...others]: readonly Node[]): BranchParts[] {
  const node = removal as Node
  const branches = others.flatMap((other) =>
    branchesOf(source.graph, source.tips, [node, other]).filter((branch) => branch.node === other),
  )
  return [{ node, items: [], begins: `remove ${node.id}` }, ...branches]
}

function kindOf(source: ConflictSource, nodes: readonly Node[], clashes: readonly string[]): ConflictKind {
  if (source.graph.format.shape === 'whole') return 'values'
  if (nodes.some((node) => source.tips.loses(node))) return 'rewrite'
  const deciding = decidingResolves(source.graph)
  const decided = nodes.filter((node) => deciding.some((resolve) => isWithin(resolve, node)))
  const common = deciding.some((resolve) => decided.every((node) => isWithin(resolve, node)))
  if (decided.length > 1 && !common) return 'resolutions'
  return clashes.length > 0 ? 'id-clash' : 'fork'
}

function placed(graph: StreamGraph, item: Item, node: Node): Conflict['divergence'] {
  const copy = item.best ?? copyWithin(item, node)
  return copy && { log: copy.log, offset: copy.offset, text: textOf(graph, item) }
}

function resolutionsOf(graph: StreamGraph, branches: readonly BranchParts[]): Resolution[] {
  return graph.resolves
    .filter((node) => node.resolve?.choice !== 'undo')
    .filter((node) => branches.every((branch) => coversBeginning(node, branch)))
    .sort(compareNodes)
    .map((node) => ({
      ref: node.ref,
      host: node.host,
      choice: node.resolve?.choice ?? '',
      undone: node.resolve?.undone ?? false,
    }))
}

function conflictId(beginnings: readonly string[]): string {
  const text = [...beginnings].sort(compareText).join('\n')
  return half(text) + half(`again ${text}`)
}

function half(text: string): string {
  return hashBytes(new TextEncoder().encode(text)).toString(16).padStart(13, '0').slice(-8)
}
