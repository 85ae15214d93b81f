import type { StreamEvent } from '../../src/engine/core/merge/types.js'

/** A file as it was after one append: which lines it held. */
export interface Snapshot {
  readonly event: StreamEvent
  readonly tokens: ReadonlySet<string>
  /** Snapshots that the file contained when the append was observed, none of which contains another. */
  readonly parents: readonly Snapshot[]
}

/** Snapshots that no other contains; of equal ones the first. */
export function maximal(snapshots: readonly Snapshot[]): Snapshot[] {
  return snapshots.filter((a, at) =>
    snapshots.every(
      (b, other) =>
        at === other || !isSubset(a.tokens, b.tokens) || (a.tokens.size === b.tokens.size && at < other),
    ),
  )
}

export function isSubset(inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean {
  for (const value of inner) if (!outer.has(value)) return false
  return true
}
