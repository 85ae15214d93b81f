import { readSpans } from './contents.js'
import { firstOwnItem } from './branches.js'
import type { StreamGraph } from './graph.js'
import { commonText, isPrefix, pathTo } from './items.js'
import type { Component, HostFile, Item, Node, LinedText } from './model.js'
import { ItemList, type OrderedItems, placeOf } from './ordered.js'
import { comparePlaces } from './order.js'
import { spansText, TextPair, TextPrefix } from './texts.js'
import type { Tips } from './tips.js'
import type { StreamText } from './types.js'
import type { UnionOrder } from './union-order.js'

/** A text with where its bytes come from, so that an earlier one can be compared with it. */
export interface Shown {
  readonly text: StreamText
  /** Its length without an unterminated tail. */
  readonly complete: number
  /** The order that it shows whole, where it does. */
  readonly order: OrderedItems | null
  /** The file that it shows a beginning of, where it does. */
  readonly file: LinedText | null
}

/** The union of a component: its writer's bytes where there is one head, the order of keys otherwise. */
export function shownUnion(tips: Tips, orders: UnionOrder, component: Component): Shown {
  const order = orders.of(component)
  const [tip, second] = tips.of(component)
  const plain: Shown = { text: order, complete: order.length, order, file: null }
  if (!tip || second || !tip.text) return plain
  const { text } = tip
  const lines = text.linesWithin(tip.textEnd)
  if (lines !== order.count) return plain
  const tail = tailAfter(tip)
  const [a, b] = [text.digest(lines), order.digest()]
  if (a.a === b.a && a.b === b.b) {
    return tail ? { ...plain, text: new TextPair(order, tail) } : plain
  }
  const items = new Set<Item | null>()
  for (let line = 0; line < lines; line++) items.add(text.item(line))
  for (const item of order) if (!items.has(item)) return plain
  const complete = lines === 0 ? 0 : text.lineEnd(lines - 1)
  const length = tail ? tip.textEnd : complete
  return { text: new TextPrefix(text, length), complete, order: null, file: text }
}

/** Of order-dependent branches the one whose first record after the fork has the least key. */
export function shownBranch(graph: StreamGraph, tips: readonly Node[]): Node | null {
  const { root } = graph.items
  const [first] = tips
  if (!first) return null
  const common = tips.reduce((item, tip) => commonText(item, tip.item ?? root), first.item ?? root)
  let least = first
  for (const tip of tips) {
    const [a, b] = [tip, least].map((node) => firstOwnItem(node.item ?? root, common))
    // A truncated branch has no record of its own: whatever has one is shown before it.
    if (a === common || !a?.best) continue
    if (b === common || !b?.best || comparePlaces(a.best, b.best) < 0) least = tip
  }
  return least
}

/** The text that ends in a node: the writer's bytes where its file is that text. */
export function orderedText(graph: StreamGraph, node: Node): Shown {
  const item = node.item ?? graph.items.root
  const { text } = node
  if (text && node.exact) {
    const lines = text.linesWithin(node.textEnd)
    const complete = lines === 0 ? 0 : text.lineEnd(lines - 1)
    const isLast = lines === 0 ? item === graph.items.root : text.item(lines - 1) === item
    if (isLast) {
      const length = tailAfter(node) ? node.textEnd : complete
      return { text: new TextPrefix(text, length), complete, order: null, file: text }
    }
  }
  const list = new ItemList(pathTo(item))
  return { text: list, complete: list.length, order: null, file: null }
}

/** Of concurrent values the one with the latest key, well-formed ones first. */
export function shownValue(graph: StreamGraph, tips: readonly Node[]): Node | null {
  const valued = tips.filter((tip) => tip.item?.content)
  const good = valued.filter(({ item }) => graph.format.wellFormed(readSpans(item?.content?.spans ?? [])))
  return (good.length > 0 ? good : valued).at(-1) ?? null
}

export function valueText(node: Node | null): StreamText {
  return spansText(node?.item?.best?.spans ?? [])
}

/** What of a node's file stands after its last complete line, where nothing came after. */
export function tailAfter(node: Node): StreamText | null {
  const { text } = node
  const { file } = node.chain
  if (!text || !file || file.text !== text || file.broken || text.length !== node.textEnd) return null
  if (text.tailFrom >= text.length) return null
  return spansText(text.spans(text.tailFrom, text.length))
}

/** The last own event of a file as long as nothing was written after it. */
export function openTail(file: HostFile): { node: Node; text: StreamText } | null {
  const node = file.chain?.nodes.at(-1)
  if (!node || file.state !== 'live') return null
  const text = tailAfter(node)
  return text && { node, text }
}

/** The same, where the host itself brought it: what a cut left of another's line is nobody's. */
export function ownTail(file: HostFile): { node: Node; text: StreamText } | null {
  const last = [...file.text.spans(Math.max(file.text.length - 1, 0), file.text.length)][0]
  return last?.node && last.node.chain === file.chain ? openTail(file) : null
}

/**
 * What a host that keeps an unterminated tail of its own should have: the tail ended by a newline, at its place among
 * the other records; nothing of it where another host's next record begins with it, since that is the same line.
 */
export function withTail(
  order: Iterable<Item>,
  tail: { node: Node; text: StreamText },
  tips: Tips,
): StreamText {
  const bytes = readSpans([
    ...(tail.node.text as LinedText).spans((tail.node.text as LinedText).tailFrom, tail.node.textEnd),
  ])
  const place = { ...ownPlace(tail.node), index: tail.node.recs.length }
  const before: Item[] = []
  const after: Item[] = []
  for (const item of order) {
    if (beginsWith(item, bytes) && !tips.holds(tail.node, item)) return new ItemList([...order])
    if (after.length === 0 && comparePlaces(placeOf(item), place) < 0) before.push(item)
    else after.push(item)
  }
  const newline = spansText([{ node: null, from: 0, length: 1 }])
  return new TextPair(
    new TextPair(new ItemList(before), new TextPair(tail.text, newline)),
    new ItemList(after),
  )
}

/** Whether a file's tail is the beginning of the next line of a text that continues it. */
export function tailContinues(tail: { node: Node }, item: Item, depth: number): boolean {
  const text = tail.node.text as LinedText
  const bytes = readSpans([...text.spans(text.tailFrom, text.length)])
  const next = pathTo(item, depth)[0]
  return next !== undefined && beginsWith(next, bytes)
}

export function continuesText(shorter: Node, longer: Node, root: Item): boolean {
  return isPrefix(shorter.item ?? root, longer.item ?? root)
}

function beginsWith(item: Item, bytes: Uint8Array): boolean {
  if (!item.content || item.content.length < bytes.length) return false
  const own = readSpans(item.content.spans)
  return bytes.every((byte, at) => own[at] === byte)
}

function ownPlace(node: Node): { key: Node['key']; log: string; offset: number; after: null } {
  return { key: node.key, log: node.ref.log, offset: node.ref.offset, after: null }
}
