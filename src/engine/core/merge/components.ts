import type { Component } from './model.js'
import { comparePlaces, type Place } from './order.js'

/** The representative of a set of linked chains (union-find with path halving). */
export function rootOf(component: Component): Component {
  let at = component
  while (at.parent) {
    if (at.parent.parent) at.parent = at.parent.parent
    at = at.parent
  }
  return at
}

/** Makes two sets one. Returns the one that stays and the one that goes; null where they were one already. */
export function link(a: Component, b: Component): { stays: Component; goes: Component } | null {
  const [rootA, rootB] = [rootOf(a), rootOf(b)]
  if (rootA === rootB) return null
  const [stays, goes] = rootA.size >= rootB.size ? [rootA, rootB] : [rootB, rootA]
  goes.parent = stays
  stays.size += goes.size
  stays.hasRecords ||= goes.hasRecords
  if (goes.first) noteFirst(stays, goes.first)
  return { stays, goes }
}

/** Keeps a set's least place: by it, sets are put in order. */
export function noteFirst(component: Component, place: Place): void {
  if (component.first === null || comparePlaces(place, component.first) < 0) component.first = place
}
