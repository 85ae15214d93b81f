import type { HybridTime } from '../event.js'
import { compareTime } from '../clock.js'

/**
 * Where an event stands in the order of a stream: never before its own time, always after its parents. Clocks may lie;
 * causes don't.
 */
export type Key = HybridTime

export const zeroKey: Key = { ms: 0, counter: 0 }

export function laterKey(a: Key, b: Key): Key {
  return compareTime(a, b) >= 0 ? a : b
}

/** max(time, parents' greatest key + 1). `parents` is null where there is none. */
export function keyAfter(time: HybridTime, parents: Key | null): Key {
  if (parents === null) return time
  return laterKey(time, { ms: parents.ms, counter: parents.counter + 1 })
}

/** A place in the order: an event's key, its name, and the index of a record in it. */
export interface Place {
  readonly key: Key
  readonly log: string
  readonly offset: number
  readonly index: number
  /** A record that replaces another in the middle of the text stands right after this place. */
  readonly after: Place | null
}

export function comparePlaces(a: Place, b: Place): number {
  const byRoot = compareOwn(a.after ?? a, b.after ?? b)
  if (byRoot !== 0) return byRoot
  if (a.after === null || b.after === null) return (a.after === null ? 0 : 1) - (b.after === null ? 0 : 1)
  return compareOwn(a, b)
}

function compareOwn(a: Place, b: Place): number {
  return compareTime(a.key, b.key) || compareText(a.log, b.log) || a.offset - b.offset || a.index - b.index
}

/** By code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
