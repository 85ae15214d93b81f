import { rootOf } from './components.js'
import type { Component, Item, Node, Rec } from './model.js'
import { comparePlaces, type Place } from './order.js'
import { isCopyWithin, type Tips } from './tips.js'
import type { UnionOrder } from './union-order.js'

/**
 * Keeps the meaning of lines of which the last counts (a title, a mode). A line that two branches wrote alike stands at
 * its least key, which may be before a line that its other branch had already replaced; then the value that no branch
 * ends with would count. Where that is so, the line that should count is shown right after the one that would.
 */
export function settleLastWins(
  order: UnionOrder,
  tips: Tips,
  heads: readonly Node[],
  component: Component,
): void {
  const root = rootOf(component)
  const [first, second] = heads
  // One head's own file says which line is last.
  if (order.lastWins.size === 0 || (first?.text && !second && order.moved.length === 0)) return
  const wanted = new Map<Item, Place>()
  for (const items of order.lastWins.values()) {
    const last = lastShown(items, root)
    const counts = last && valueThatCounts(new Set(items), tips, heads)
    if (!last || !counts || counts === last || !counts.visible) continue
    const after = last.best as Rec
    const { key, log, offset, index } = counts.best as Rec
    wanted.set(counts, { key, log, offset, index, after: after.after ?? after })
  }
  order.moved = order.moved.filter((item) => {
    if (rootOf((item.best as Rec).node.chain.component) !== root || wanted.has(item)) return true
    order.move(item, null)
    return false
  })
  for (const [item, place] of wanted) {
    if (item.moved && comparePlaces(item.moved, place) === 0) continue
    order.move(item, place)
    if (!order.moved.includes(item)) order.moved.push(item)
  }
}

/** The line that would count by the order of keys. */
function lastShown(items: readonly Item[], root: Component): Item | null {
  let last: Item | null = null
  for (const item of items) {
    if (!item.visible || rootOf((item.best as Rec).node.chain.component) !== root) continue
    if (last === null || comparePlaces(item.best as Rec, last.best as Rec) > 0) last = item
  }
  return last
}

/**
 * The value that one of the heads ends with: a value that another head knew and replaced does not count; of those left
 * the one written last.
 */
function valueThatCounts(items: ReadonlySet<Item>, tips: Tips, heads: readonly Node[]): Item | null {
  const ends = heads.flatMap((head) => {
    const rec = lastWithin(items, tips, head)
    return rec ? [{ head, rec }] : []
  })
  const left = ends.filter(
    (end) =>
      !ends.some(
        (other) =>
          other.rec.item !== end.rec.item &&
          tips.holds(other.head, end.rec.item) &&
          !tips.holds(end.head, other.rec.item),
      ),
  )
  let latest: Rec | null = null
  for (const { rec } of left.length > 0 ? left : ends) {
    if (latest === null || comparePlaces(rec, latest) > 0) latest = rec
  }
  return latest?.item ?? null
}

/** The last of these items in a head's own text: as its own copy where it wrote one. */
function lastWithin(items: ReadonlySet<Item>, tips: Tips, head: Node): Rec | null {
  const item = head.resolve ? lastKept(items, head.resolve.kept) : lastLine(items, head)
  if (!item?.visible || !tips.holds(head, item)) return null
  let own: Rec | null = null
  for (const copy of item.copies) {
    if (!isCopyWithin(copy, head)) continue
    if (own === null || copy.node.chain === head.chain) own = copy
  }
  return own
}

function lastKept(items: ReadonlySet<Item>, kept: ReadonlySet<Item>): Item | null {
  let last: Item | null = null
  for (const item of kept) if (items.has(item)) last = item
  return last
}

function lastLine(items: ReadonlySet<Item>, { text, textEnd }: Node): Item | null {
  if (!text) return null
  for (let line = text.linesWithin(textEnd) - 1; line >= 0; line--) {
    const item = text.item(line)
    if (item && items.has(item)) return item
  }
  return null
}
