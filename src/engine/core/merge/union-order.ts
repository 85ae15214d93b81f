import { rootOf } from './components.js'
import type { GraphListener } from './graph.js'
import { addCopy } from './items.js'
import type { Component, Item, Rec } from './model.js'
import { OrderedItems } from './ordered.js'
import { comparePlaces } from './order.js'

/** Keeps the records of each component in order, as a graph grows. */
export class UnionOrder implements GraphListener {
  readonly #orders = new Map<Component, OrderedItems>()
  readonly #empty = new OrderedItems()
  /** Every item, so that visibility can be decided anew. */
  readonly items: Item[] = []

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
      addCopy(item, rec)
      order.insert(item)
    } else if (item.visible && comparePlaces(rec, item.best) < 0) {
      order.remove(item)
      addCopy(item, rec)
      order.insert(item)
    } else {
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

  setVisible(item: Item, visible: boolean): void {
    if (item.visible === visible) return
    const rec = item.best as Rec
    const order = this.of(rec.node.chain.component)
    if (!visible) order.remove(item)
    item.visible = visible
    if (visible) order.insert(item)
  }
}
