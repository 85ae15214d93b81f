import type { Content } from './model.js'
import { comparePlaces } from './order.js'
import type { Item, Node, Rec } from './model.js'

/** Makes items, and decides which record is a copy of which. */
export class ItemTable {
  #serial = 0
  /** Where every ordered text begins. */
  readonly root: Item = this.#make(null, null, 0)

  /**
   * The item of a record that comes after `units` units of its node's chain: the same bytes at the same occurrence,
   * counted in the record's past. Occurrences within a past are always 1 … n, since each record's own past has those
   * before it; so the count is the greatest n that the past has a copy of.
   */
  byOccurrence(content: Content, node: Node, units: number): Item {
    const { items } = content
    let low = 0
    let high = items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (hasCopyBefore(items[middle] as Item, node, units)) low = middle + 1
      else high = middle
    }
    return this.occurrence(content, low)
  }

  /** The item of an occurrence, the first at 0; perhaps one that no record is known of. */
  occurrence(content: Content, at: number): Item {
    const { items } = content
    while (items.length <= at) items.push(this.#make(content, null, 0))
    return items[at] as Item
  }

  /** The item of the same bytes after the same text. */
  child(parent: Item, content: Content): Item {
    const known = parent.children?.get(content)
    if (known) return known
    const made = this.#make(content, parent, parent.depth + 1)
    parent.children?.set(content, made)
    return made
  }

  #make(content: Content | null, parent: Item | null, depth: number): Item {
    const jump = parent === null ? null : jumpFrom(parent)
    const children = content === null || parent !== null ? new Map<Content, Item>() : null
    const common = { copies: [], best: null, visible: true, moved: null }
    return { serial: this.#serial++, content, parent, depth, jump, children, ...common }
  }
}

/** Adds a copy. Returns whether the item now stands elsewhere. */
export function addCopy(item: Item, rec: Rec): boolean {
  item.copies.push(rec)
  if (item.best !== null && comparePlaces(item.best, rec) < 0) return false
  item.best = rec
  return true
}

/** Records of a chain up to `units` units. */
export function recsWithin(recs: readonly Rec[], units: number): number {
  let low = 0
  let high = recs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((recs[middle] as Rec).end <= units) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether text `a` is a beginning of text `b`, or the same. */
export function isPrefix(a: Item, b: Item): boolean {
  return ancestorAt(b, a.depth) === a
}

/** The last item of the longest text with which both begin. */
export function commonText(a: Item, b: Item): Item {
  let [x, y] = [ancestorAt(a, Math.min(a.depth, b.depth)), ancestorAt(b, Math.min(a.depth, b.depth))]
  while (x !== y && x.parent && y.parent) {
    if (x.jump && y.jump && x.jump !== y.jump) [x, y] = [x.jump, y.jump]
    else [x, y] = [x.parent, y.parent]
  }
  return x
}

/** The item at a depth on the way to `item`, itself where it is not that deep. */
export function ancestorAt(item: Item, depth: number): Item {
  let at = item
  while (at.depth > depth && at.parent) at = at.jump && at.jump.depth >= depth ? at.jump : at.parent
  return at
}

/** The items of a text, first to last. */
export function pathTo(item: Item, from = 0): Item[] {
  const path: Item[] = []
  for (let at: Item | null = item; at && at.depth > from; at = at.parent) path.push(at)
  return path.toReversed()
}

function hasCopyBefore(item: Item, node: Node, units: number): boolean {
  return item.copies.some(({ node: other, end }) =>
    other.chain === node.chain ? end <= units : end <= (node.past.get(other.chain) ?? 0),
  )
}

/** Skew-binary jump pointers (Myers 1983): any ancestor in logarithmic time, with one pointer each. */
function jumpFrom(parent: Item): Item {
  const { jump } = parent
  return jump && jump.jump && parent.depth - jump.depth === jump.depth - jump.jump.depth ? jump.jump : parent
}
