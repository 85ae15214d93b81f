import { rootOf } from './components.js'
import type { StreamGraph } from './graph.js'
import { isPrefix, recsWithin } from './items.js'
import { type Chain, type Component, isWithin, type Item, type Node, reach, type Rec } from './model.js'
import { compareText } from './order.js'
import { compareTime } from '../clock.js'
import { decidingResolves, Drops, losesRecords } from './visibility.js'

/**
 * Which heads count. A head that has no record of its own is merely behind: an equal copy, an older one, or one that
 * was never a continuation. What a head contains is fixed, so what is found out about it is kept.
 */
export class Tips {
  readonly #graph: StreamGraph
  readonly #contents = new Map<Node, ReadonlySet<Item>>()
  #deciding: readonly Node[] = []
  #plain = true
  #asOf = -1

  constructor(graph: StreamGraph) {
    this.#graph = graph
  }

  /** The heads of a component that other heads don't contain in content, by key. */
  of(component: Component): Node[] {
    const root = rootOf(component)
    const heads = [...this.#graph.heads].filter((head) => rootOf(head.chain.component) === root)
    return this.reduce(heads.filter((head) => !head.resolve?.undone))
  }

  /** Of concurrent nodes those that count, by key. Of equal ones the first stays. */
  reduce(nodes: readonly Node[]): Node[] {
    const tips = [...nodes].sort(compareNodes)
    if (tips.length < 2) return tips
    for (let at = tips.length - 1; at >= 0 && tips.length > 1; at--) {
      const tip = tips[at] as Node
      if (this.loses(tip)) continue
      if (tips.some((other) => other !== tip && this.isBehind(tip, other))) tips.splice(at, 1)
    }
    return tips
  }

  /** Whether a reset on this head's chain dropped records that are still missing there. */
  loses(node: Node): boolean {
    return losesRecords(this.#graph, node.chain)
  }

  /** Whether `outer` has every record (value, beginning of the text) that `inner` has. */
  isBehind(inner: Node, outer: Node): boolean {
    switch (this.#graph.format.shape) {
      case 'ordered':
        return isPrefix(inner.item ?? this.#graph.items.root, outer.item ?? this.#graph.items.root)
      case 'whole':
        return inner.item === null || this.holds(outer, inner.item)
      default:
        this.#prepare()
        return this.#plain
          ? this.#coversAll(inner, outer)
          : isSubset(this.#contentsOf(inner), this.#contentsOf(outer))
    }
  }

  /** Whether a node contains an item, what resolutions in its past dropped left out. */
  holds(node: Node, item: Item): boolean {
    if (this.#graph.format.shape === 'ordered') return node.item !== null && isPrefix(item, node.item)
    if (this.#graph.format.shape === 'whole') {
      return item.copies.some((copy) => isCopyWithin(copy, node) && !this.#valueDropped(copy, node))
    }
    this.#prepare()
    if (!this.#plain) return this.#contentsOf(node).has(item)
    return item.copies.some((copy) => isCopyWithin(copy, node))
  }

  /** The items that `node` holds and none of `others` does, in no particular order. For unions. */
  exclusive(node: Node, others: readonly Node[]): Item[] {
    this.#prepare()
    const found = new Set<Item>()
    if (!this.#plain) {
      for (const item of this.#contentsOf(node)) {
        if (!others.some((other) => this.#contentsOf(other).has(item))) found.add(item)
      }
      return [...found]
    }
    for (const [chain, units] of everyChain(node)) {
      let from = 0
      for (const other of others) {
        from = Math.max(from, reach(other, chain), knownCover(other, chain))
      }
      const end = recsWithin(chain.recs, units)
      for (let at = recsWithin(chain.recs, from); at < end; at++) {
        const { item } = chain.recs[at] as Rec
        if (!others.some((other) => this.holds(other, item))) found.add(item)
      }
    }
    return [...found]
  }

  #prepare(): void {
    if (this.#asOf === this.#graph.nodes.size) return
    this.#asOf = this.#graph.nodes.size
    this.#deciding = decidingResolves(this.#graph)
    this.#plain = this.#deciding.length === 0
  }

  #coversAll(inner: Node, outer: Node): boolean {
    for (const [chain, units] of everyChain(inner)) {
      const from = Math.max(reach(outer, chain), knownCover(outer, chain))
      if (from >= units) continue
      const end = recsWithin(chain.recs, units)
      let at = recsWithin(chain.recs, from)
      while (at < end && (chain.recs[at] as Rec).item.copies.some((copy) => isCopyWithin(copy, outer))) at++
      const upTo = at === end ? units : (chain.recs[at - 1]?.end ?? 0)
      const known = outer.chain.cover.get(chain)
      if (outer.end >= (known?.at ?? 0))
        outer.chain.cover.set(chain, { at: outer.end, upTo: Math.max(upTo, from) })
      if (at < end) return false
    }
    return true
  }

  #contentsOf(node: Node): ReadonlySet<Item> {
    const known = this.#contents.get(node)
    if (known) return known
    const drops = new Drops(this.#graph, node)
    const contents = new Set<Item>()
    for (const [chain, units] of everyChain(node)) {
      const end = recsWithin(chain.recs, units)
      for (let at = 0; at < end; at++) {
        const rec = chain.recs[at] as Rec
        if (drops.none || !drops.drops(rec)) contents.add(rec.item)
      }
    }
    this.#contents.set(node, contents)
    return contents
  }

  #valueDropped(copy: Rec, node: Node): boolean {
    return this.#graph.resolves.some(
      (resolve) =>
        resolve !== node &&
        resolve.resolve?.undone === false &&
        resolve.resolve.choice !== 'undo' &&
        isWithin(resolve, node) &&
        isCopyWithin(copy, resolve) &&
        resolve.item !== copy.item,
    )
  }
}

export function compareNodes(a: Node, b: Node): number {
  return compareTime(a.key, b.key) || compareText(a.ref.log, b.ref.log) || a.ref.offset - b.ref.offset
}

export function isCopyWithin(copy: Rec, node: Node): boolean {
  return copy.end <= reach(node, copy.node.chain)
}

/** Every chain that a node contains something of, its own included. */
export function* everyChain(node: Node): Generator<readonly [Chain, number]> {
  for (const [chain, units] of node.past) if (chain !== node.chain) yield [chain, units]
  yield [node.chain, node.end]
}

/** How far a chain is known to be contained in a node by equal records. Later events of a chain contain no less. */
function knownCover(node: Node, chain: Chain): number {
  const known = node.chain.cover.get(chain)
  return known && known.at <= node.end ? known.upTo : 0
}

function isSubset(inner: ReadonlySet<Item>, outer: ReadonlySet<Item>): boolean {
  for (const item of inner) if (!outer.has(item)) return false
  return true
}
