import { rootOf } from './components.js'
import type { GraphListener } from './graph.js'
import { addCopy } from './items.js'
import type { Component, Item, Rec } from './model.js'
import { OrderedItems } from './ordered.js'
import { comparePlaces, type Place } from './order.js'
import { readSpans } from './contents.js'
import type { MergeFormat } from './types.js'

/** Keeps the records of each component in order, as a graph grows. */
export class UnionOrder implements GraphListener {
  readonly #orders = new Map<Component, OrderedItems>()
  readonly #empty = new OrderedItems()
  /** Every item, so that visibility can be decided anew. */
  readonly items: Item[] = []
  /** Items of which the last of their name counts, by name. */
  readonly lastWins = new Map<string, Item[]>()
  /** Those that stand elsewhere than their keys say. */
  moved: Item[] = []
  /** Whether a hidden item got another copy, so that what is seen must be decided anew. */
  stale = false
  readonly #format: MergeFormat

  constructor(format: MergeFormat) {
    this.#format = format
  }

  /** The records of a component in order. */
  of(component: Component): OrderedItems {
    return this.#orders.get(rootOf(component)) ?? this.#empty
  }

  copied(item: Item, rec: Rec): void {
    const component = rootOf(rec.node.chain.component)
    let order = this.#orders.get(component)
    if (!order) this.#orders.set(component, (order = new OrderedItems()))
    if (item.best === null) {
      this.items.push(item)
      this.#noteLastWins(item, rec)
      addCopy(item, rec)
      order.insert(item)
    } else if (item.visible && comparePlaces(rec, item.best) < 0) {
      order.remove(item)
      addCopy(item, rec)
      order.insert(item)
    } else {
      this.stale ||= !item.visible
      addCopy(item, rec)
    }
  }

  linked(stays: Component, goes: Component): void {
    const [a, b] = [this.#orders.get(stays), this.#orders.get(goes)]
    this.#orders.delete(goes)
    if (!b) return
    if (!a) {
      this.#orders.set(stays, b)
      return
    }
    const [larger, smaller] = a.count >= b.count ? [a, b] : [b, a]
    for (const item of smaller) larger.insert(item)
    this.#orders.set(stays, larger)
  }

  /** Puts an item elsewhere, or back to where its key says. */
  move(item: Item, to: Place | null): void {
    const order = this.of((item.best as Rec).node.chain.component)
    if (item.visible) order.remove(item)
    item.moved = to
    if (item.visible) order.insert(item)
  }

  #noteLastWins(item: Item, rec: Rec): void {
    const name = this.#format.lastWins(readSpans(rec.spans))
    if (name === null) return
    const items = this.lastWins.get(name)
    if (items) items.push(item)
    else this.lastWins.set(name, [item])
  }

  setVisible(item: Item, visible: boolean): void {
    if (item.visible === visible) return
    const rec = item.best as Rec
    const order = this.of(rec.node.chain.component)
    if (!visible) order.remove(item)
    item.visible = visible
    if (visible) order.insert(item)
  }
}
