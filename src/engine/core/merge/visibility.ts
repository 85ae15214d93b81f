import type { StreamGraph } from './graph.js'
import { type Chain, type HostFile, isWithin, type Item, type Node, reach, type Rec } from './model.js'
import type { UnionOrder } from './union-order.js'

/** Resolutions that decide: not undone, no undoing, and not in the past of another that decides. */
export function decidingResolves(graph: StreamGraph, within?: Node): Node[] {
  const candidates = graph.resolves.filter(
    (node) =>
      node.resolve !== null &&
      !node.resolve.undone &&
      node.resolve.choice !== 'undo' &&
      (within === undefined || isWithin(node, within)),
  )
  return candidates.filter((node) => !candidates.some((other) => other !== node && isWithin(node, other)))
}

/**
 * Which copies resolutions drop, seen from everything or from one node. A copy is dropped where every deciding
 * resolution that contains it drops it: of two that decide differently neither loses what the other keeps. What
 * continues a branch without knowing the resolution brings the branch back.
 */
export class Drops {
  readonly #deciding: readonly Node[]
  readonly #returning: ReadonlyMap<Node, readonly Node[]>
  readonly #all: readonly Node[]

  constructor(graph: StreamGraph, within?: Node) {
    this.#deciding = decidingResolves(graph, within)
    this.#all = graph.resolves.filter(
      ({ resolve }) => resolve !== null && !resolve.undone && resolve.choice !== 'undo',
    )
    this.#returning = new Map(this.#deciding.map((resolve) => [resolve, returningTo(graph, resolve, within)]))
  }

  get none(): boolean {
    return this.#deciding.length === 0
  }

  /** Whether some event brings dropped records back. */
  get returns(): boolean {
    return [...this.#returning.values()].some((nodes) => nodes.length > 0)
  }

  get deciding(): readonly Node[] {
    return this.#deciding
  }

  drops(copy: Rec): boolean {
    let covered = false
    for (const resolve of this.#deciding) {
      if (copy.end > reach(resolve, copy.node.chain)) continue
      if (keeps(resolve, copy.item)) return false
      if ((this.#returning.get(resolve) ?? []).some((node) => this.#shows(node, copy))) return false
      covered = true
    }
    return covered
  }

  /**
   * Whether a node brings a copy back: it contains the copy, no resolution in the node's own past drops it, and none
   * that decides knew the node and dropped it all the same.
   */
  #shows(node: Node, copy: Rec): boolean {
    if (copy.end > reach(node, copy.node.chain)) return false
    const known = this.#deciding.some(
      (resolve) =>
        isWithin(node, resolve) && copy.end <= reach(resolve, copy.node.chain) && !keeps(resolve, copy.item),
    )
    if (known) return false
    return !this.#all.some(
      (resolve) =>
        isWithin(resolve, node) && copy.end <= reach(resolve, copy.node.chain) && !keeps(resolve, copy.item),
    )
  }
}

function keeps(resolve: Node, item: Item): boolean {
  return resolve.resolve?.kept.has(item) ?? false
}

/**
 * Events that brought bytes without knowing the resolution, and unknown to it. Of each chain's, those with the same
 * resolutions behind them, the last one contains the others.
 */
function returningTo(graph: StreamGraph, resolve: Node, within: Node | undefined): Node[] {
  const nodes: Node[] = []
  for (const chain of graph.chains) {
    let known = -1
    for (let at = chain.nodes.length - 1; at >= 0; at--) {
      const node = chain.nodes[at] as Node
      if (isWithin(node, resolve)) break
      if (node.resolve || node.bytes.length === 0 || isWithin(resolve, node)) continue
      if (within !== undefined && !isWithin(node, within)) continue
      const behind = graph.resolves.filter((other) => isWithin(other, node)).length
      if (behind !== known) nodes.push(node)
      known = behind
    }
  }
  return nodes
}

/** Decides anew which items of a union are seen. */
export function refreshVisibility(graph: StreamGraph, order: UnionOrder): void {
  const drops = new Drops(graph)
  for (const { copies } of order.items) {
    for (const copy of copies) copy.dropped = !drops.none && drops.drops(copy)
  }
  const hidden = hiddenItems(graph)
  for (const item of order.items) {
    order.setVisible(item, item.copies.some((copy) => !copy.dropped) && !isHidden(item, hidden))
  }
}

/** Decides anew for malformed records after resets only. */
export function refreshMalformed(graph: StreamGraph, order: UnionOrder): void {
  const hidden = hiddenItems(graph)
  for (const chain of graph.chains) {
    for (const item of chain.malformed) {
      order.setVisible(item, item.copies.some((copy) => !copy.dropped) && !isHidden(item, hidden))
    }
  }
}

/** Chains whose malformed records stay out: those that a reset began which still loses something. */
function hiddenItems(graph: StreamGraph): ReadonlyMap<Chain, ReadonlySet<Item>> {
  const hidden = new Map<Chain, ReadonlySet<Item>>()
  for (const chain of graph.chains) {
    if (chain.malformed.length > 0 && losesRecords(graph, chain)) hidden.set(chain, new Set(chain.malformed))
  }
  return hidden
}

function isHidden(item: Item, hidden: ReadonlyMap<Chain, ReadonlySet<Item>>): boolean {
  if (hidden.size === 0) return false
  return item.copies.every((copy) => hidden.get(copy.node.chain)?.has(item))
}

/** Whether records that the reset at a chain's beginning dropped are still missing from the file. */
export function losesRecords(graph: StreamGraph, chain: Chain): boolean {
  const { file, reset } = chain
  if (file === null || reset === null) return false
  if (file.chain === chain) return lostItems(graph, file).length > 0
  return chain.lost && !decidingResolves(graph).some((resolve) => isWithin(reset, resolve))
}

/** What resets dropped from a file, as long as no resolution that knew of the reset decided about it. */
export function lostItems(graph: StreamGraph, file: HostFile): Item[] {
  if (file.drops.size === 0) return []
  const deciding = decidingResolves(graph)
  const lost: Item[] = []
  for (const [item, reset] of file.drops) {
    // A line of an order-dependent file may be one that no event brought after just this text; it is lost all the same.
    const isThere = !graph.union || item.copies.some((copy) => !copy.dropped)
    if (isThere && !deciding.some((resolve) => isWithin(reset, resolve))) lost.push(item)
  }
  return lost
}
