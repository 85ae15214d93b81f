import type { StreamGraph } from './graph.js'
import { readSpans } from './contents.js'
import { ancestorAt, commonText, pathTo } from './items.js'
import { type HostFile, isWithin, type Item, type Node, type Rec } from './model.js'
import { comparePlaces, compareText } from './order.js'
import { isCopyWithin, type Tips } from './tips.js'
import type { Branch } from './types.js'
import { lostItems } from './visibility.js'

/** A branch with what it is made of. */
export interface BranchParts {
  readonly node: Node
  /** Its own items in order. */
  readonly items: readonly Item[]
  /** Names where it begins, the same on every host and while it grows. */
  readonly begins: string
}

/** Concurrent nodes as branches, by their first own record. Those that add nothing to the others are left out. */
export function branchesOf(graph: StreamGraph, tips: Tips, nodes: readonly Node[]): BranchParts[] {
  const kept = [...nodes]
  for (const node of nodes) {
    const others = kept.filter((other) => other !== node)
    if (others.length < 2 || tips.loses(node)) continue
    if (ownItems(graph, tips, node, others).length === 0) kept.splice(kept.indexOf(node), 1)
  }
  return kept
    .map((node) => {
      const items = ownItems(
        graph,
        tips,
        node,
        kept.filter((other) => other !== node),
      )
      return { node, items, begins: beginning(graph, tips, node, items) }
    })
    .sort((a, b) => {
      const [x, y] = [a, b].map(({ items }) => items.find(({ best }) => best !== null))
      if (x && y) return byStanding(x, y)
      return x ? -1 : y ? 1 : compareText(a.begins, b.begins)
    })
}

function ownItems(graph: StreamGraph, tips: Tips, node: Node, others: readonly Node[]): readonly Item[] {
  const { root } = graph.items
  switch (graph.format.shape) {
    case 'ordered': {
      const own = node.item ?? root
      const common = Math.max(0, ...others.map((other) => commonText(own, other.item ?? root).depth))
      return pathTo(own, common)
    }
    case 'whole':
      return node.item && !others.some((other) => tips.holds(other, node.item as Item)) ? [node.item] : []
    default:
      return tips.exclusive(node, others).sort(byStanding)
  }
}

/** The last item that all nodes have: where they part. */
export function divergenceOf(
  graph: StreamGraph,
  tips: Tips,
  nodes: readonly Node[],
  backwards: Iterable<Item>,
): Item | null {
  const [first] = nodes
  if (!first || graph.format.shape === 'whole') return null
  if (graph.format.shape === 'ordered') {
    const common = nodes.reduce(
      (item, node) => commonText(item, node.item ?? graph.items.root),
      first.item ?? graph.items.root,
    )
    return common.content ? common : null
  }
  for (const item of backwards) if (nodes.every((node) => tips.holds(node, item))) return item
  return null
}

/** What the report says of a branch. */
export function describeBranch(graph: StreamGraph, { node, items }: BranchParts): Branch {
  const copies = items.map((item) => copyWithin(item, node)).filter((copy) => copy !== null)
  const hosts = new Set(copies.map((copy) => copy.node.host))
  if (hosts.size === 0) hosts.add(node.host)
  const times = copies.map((copy) => copy.node.source.event.time.ms)
  const headMs = node.source.event.time.ms
  const [head, last] = readable(graph, items)
  const { file } = node.chain
  return {
    head: node.ref,
    hosts: [...hosts].sort(compareText),
    records: items.length,
    fromMs: times.reduce((a, b) => Math.min(a, b), times[0] ?? headMs),
    toMs: times.reduce((a, b) => Math.max(a, b), times[0] ?? headMs),
    first: head,
    last,
    dropped: file && file.chain === node.chain ? lostItems(graph, file).length : 0,
    malformed: items.filter((item) => !item.visible && copyWithin(item, node)?.dropped === false).length,
  }
}

/** Ids that stand for different bytes in different branches. */
export function clashesOf(graph: StreamGraph, branches: readonly BranchParts[]): string[] {
  if (graph.format.shape === 'whole') return []
  const seen = new Map<string, { branch: number; content: Item['content'] }[]>()
  const clashes = new Set<string>()
  branches.forEach(({ items }, branch) => {
    for (const { content } of items) {
      const id = content && graph.format.describe(readSpans(content.spans))?.id
      if (!id) continue
      const others = seen.get(id) ?? []
      if (others.some((other) => other.branch !== branch && other.content !== content)) clashes.add(id)
      seen.set(id, [...others, { branch, content }])
    }
  })
  return [...clashes].sort(compareText)
}

export function textOf(graph: StreamGraph, item: Item | null): string | null {
  return item?.content ? (graph.format.describe(readSpans(item.content.spans))?.text ?? null) : null
}

/** The least copy of an item that a node contains. */
export function copyWithin(item: Item, node: Node): Rec | null {
  let least: Rec | null = null
  for (const copy of item.copies) {
    if (isCopyWithin(copy, node) && (least === null || comparePlaces(copy, least) < 0)) least = copy
  }
  return least
}

/** By key alone: where a last-wins line was moved to makes no difference to a report. */
function byStanding(a: Item, b: Item): number {
  return comparePlaces(a.best as Rec, b.best as Rec)
}

function readable(graph: StreamGraph, items: readonly Item[]): readonly [string | null, string | null] {
  const text = (item: Item): string | null => textOf(graph, item)
  let first: string | null = null
  for (let at = 0; at < items.length && first === null; at++) first = text(items[at] as Item)
  let last: string | null = null
  for (let at = items.length - 1; at >= 0 && last === null; at--) last = text(items[at] as Item)
  return [first, last]
}

function beginning(graph: StreamGraph, tips: Tips, node: Node, items: readonly Item[]): string {
  const { file } = node.chain
  if (tips.loses(node) && file) return `reset ${firstReset(file, node)}`
  const [item] = items
  if (!item?.content) return `node ${node.id}`
  const { content } = item
  const above = item.parent?.content?.hash ?? 0
  const place = graph.format.shape === 'ordered' ? item.depth : content.items.indexOf(item)
  return `${content.hash.toString(16)} ${content.length} ${place} ${above.toString(16)}`
}

function firstReset(file: HostFile, node: Node): string {
  const offsets = [...file.drops.values()].map((reset) => reset.ref.offset)
  return `${node.ref.log}:${offsets.reduce((a, b) => Math.min(a, b), Infinity)}`
}

/** Whether a resolution's heads contain where a branch begins. */
export function coversBeginning(resolve: Node, { node, items }: BranchParts): boolean {
  const heads = resolve.resolve?.heads ?? []
  const [item] = items
  if (!item) return heads.some((head) => isWithin(node, head))
  return heads.some((head) => item.copies.some((copy) => isCopyWithin(copy, head)))
}

/** The item at which a text leaves what all texts have. */
export function firstOwnItem(item: Item, common: Item): Item {
  return ancestorAt(item, common.depth + 1)
}
