import { cursorId, type Cursor } from '../engine/core/cursor.js'

/** A file that a crash may have damaged: kept out of history until it is restored or accepted. */
export interface SuspectRow {
  readonly root: string
  readonly path: string
  readonly reason: string
  /** Bytes recorded, and bytes that are on disk now. */
  readonly recorded: number
  readonly size: number
  /** ISO time. */
  readonly found: string
}

export function suspectRowsOf(cursors: Iterable<Cursor>): SuspectRow[] {
  const found = [...cursors].filter(({ suspect }) => suspect !== null)
  return found
    .toSorted((a, b) => (cursorId(a.facts) < cursorId(b.facts) ? -1 : 1))
    .flatMap(({ facts, suspect, position }) =>
      suspect
        ? [
            {
              root: facts.root,
              path: facts.path,
              reason: suspect.reason,
              recorded: position,
              size: suspect.size,
              found: new Date(suspect.foundMs).toISOString(),
            },
          ]
        : [],
    )
}

export function suspectRows(session: {
  readonly tools: { readonly cursors: { all(): Iterable<Cursor> } }
}): SuspectRow[] {
  return suspectRowsOf(session.tools.cursors.all())
}
