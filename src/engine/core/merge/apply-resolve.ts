import type { ResolveBody } from '../event.js'
import { type Applied, findAll } from './applied.js'
import { isPrefix } from './items.js'
import { keyOf, maximal, type StreamGraph, vectorOfNode } from './graph.js'
import { type Chain, type Content, type Item, type Node, type Rec, reach, type Vector } from './model.js'
import { comparePlaces } from './order.js'
import { readSpans } from './contents.js'
import { spanLines, type SpanLine } from './lines.js'
import type { StreamEvent } from './types.js'
import { emptyVector, join } from './vector.js'

/** The choice that undoes the resolutions that its heads name. */
export const undoChoice = 'undo'

/**
 * A resolution: it contains its heads, and of their records keeps those that its pieces name. One that is undone decides
 * nothing and contains only what it kept, since what was appended to it goes on from there. An undoing contains nothing.
 */
export function applyResolve(
  graph: StreamGraph,
  source: StreamEvent,
  body: ResolveBody,
  parents: readonly Node[],
  undone: ReadonlySet<string>,
): Applied {
  const heads = findAll(graph, body.heads)
  if (typeof heads === 'string') return { missing: heads }
  const spans = graph.spansOf(body.pieces)
  if (typeof spans === 'string') return { missing: spans }
  const id = `${source.event.log}:${source.event.offset}`
  const void_ = undone.has(id)
  const undoes = body.choice === undoChoice
  const lines = undoes ? [] : spanLines([], spans)
  const kept = new Set<Item>()
  for (const { item } of lines) if (item) kept.add(item)

  const all = maximal([...heads, ...parents])
  const chain = graph.newChain(null, emptyVector, null)
  for (const head of all) graph.link(chain, head.chain)
  const value = graph.format.shape === 'whole' && !undoes ? valueOf(graph, heads, spans) : null
  const ordered = orderedItem(graph, lines)
  if (void_ && !undoes) chain.past = keptPast(graph, all, kept, ordered, value)
  const node = graph.addNode(source, chain, {
    key: keyOf(source, null, all),
    parents: void_ || undoes ? [] : all,
    units: 1,
    resolve: { choice: body.choice, heads, kept, undone: void_ },
  })
  graph.resolves.push(node)
  if (void_ || undoes) {
    node.item = graph.format.shape === 'ordered' ? graph.items.root : null
    if (!undoes)
      for (const head of stayingHeads(graph, all, ordered, value)) node.item = deeper(node.item, head.item)
    return 'applied'
  }
  if (graph.format.shape === 'whole') {
    node.item = value
    const content = value?.content ?? graph.contents.intern(readSpans(spans), spans)
    const at = { newline: null, end: node.end, units: node.start, index: 0 }
    node.item = graph.addRec(node, content, spans, value ? { ...at, item: value } : at).item
  } else if (graph.format.shape === 'ordered') {
    node.item = addOrdered(graph, node, lines)
  } else {
    addPatched(graph, node, lines, kept)
  }
  return 'applied'
}

/**
 * A line that is no event's own (an ended tail, a repaired line) is the same occurrence of its bytes that the
 * resolution's past has; where it has none, the line is the resolution's own and stands where it puts it.
 */
function addPatched(graph: StreamGraph, node: Node, lines: readonly SpanLine[], kept: Set<Item>): void {
  // In the order of the lines, which is what says which of last-wins lines counts.
  kept.clear()
  const counts = new Map<Content, number>()
  let before: Rec | null = null as Rec | null
  let index = 0
  for (const line of lines) {
    const content = graph.contentOf(line)
    const count = counts.get(content) ?? 0
    counts.set(content, count + 1)
    const known = line.item ?? content.items[count]
    const standing = known ? leastWithin(known, node) : null
    if (known && (line.item || standing)) {
      kept.add(known)
      before = standing ?? before
      continue
    }
    const at = { newline: line.newline, end: node.end, units: node.start, index, after: before }
    before = graph.addRec(node, content, line.spans, at)
    kept.add(before.item)
    index++
  }
}

/** Where an item stands as far as a node knows: the same whatever arrives later. */
function leastWithin(item: Item, node: Node): Rec | null {
  let least: Rec | null = null
  for (const copy of item.copies) {
    if (copy.end > reach(node, copy.node.chain)) continue
    if (least === null || comparePlaces(copy, least) < 0) least = copy
  }
  return least
}

function addOrdered(graph: StreamGraph, node: Node, lines: readonly SpanLine[]): Item {
  let item = graph.items.root
  for (const [index, line] of lines.entries()) {
    const content = graph.contentOf(line)
    item = graph.items.child(item, content)
    const at = { newline: line.newline, end: node.end, units: node.start, index, item }
    graph.addRec(node, content, line.spans, at)
  }
  return item
}

function orderedItem(graph: StreamGraph, lines: readonly SpanLine[]): Item {
  if (graph.format.shape !== 'ordered') return graph.items.root
  return lines.reduce((item, line) => graph.items.child(item, graph.contentOf(line)), graph.items.root)
}

/** The value among the heads' that these bytes are. */
function valueOf(
  graph: StreamGraph,
  heads: readonly Node[],
  spans: Parameters<typeof readSpans>[0],
): Item | null {
  const content = graph.contents.find(readSpans(spans))
  return heads.find(({ item }) => content !== undefined && item?.content === content)?.item ?? null
}

/** What is still contained through a resolution that was undone: of each chain, as far as it kept every record. */
function keptPast(
  graph: StreamGraph,
  heads: readonly Node[],
  kept: ReadonlySet<Item>,
  ordered: Item,
  value: Item | null,
): Vector {
  let past: Vector = emptyVector
  if (!graph.union) {
    for (const head of stayingHeads(graph, heads, ordered, value)) past = join(past, vectorOfNode(head))
    return past
  }
  for (const head of heads) {
    const units = new Map<Chain, number>()
    for (const [chain, reached] of vectorOfNode(head)) {
      const lost = chain.recs.find((rec) => rec.end <= reached && !kept.has(rec.item))
      const upTo = lost ? lastUnitBefore(chain, lost) : reached
      if (upTo > 0) units.set(chain, upTo)
    }
    past = join(past, units)
  }
  return past
}

/** The heads whose text or value a resolution kept. For unions see `keptPast`. */
function stayingHeads(
  graph: StreamGraph,
  heads: readonly Node[],
  ordered: Item,
  value: Item | null,
): readonly Node[] {
  if (graph.union) return []
  return heads.filter(({ item }) =>
    graph.format.shape === 'whole' ? item === value : item !== null && isPrefix(item, ordered),
  )
}

function deeper(a: Item | null, b: Item | null): Item | null {
  return a === null || (b !== null && b.depth > a.depth) ? b : a
}

function lastUnitBefore(chain: Chain, lost: Rec): number {
  const at = chain.recs.indexOf(lost)
  return chain.recs[at - 1]?.end ?? 0
}
