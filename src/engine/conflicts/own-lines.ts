import type { StreamView } from '../core/merge/stream-view.js'
import type { Conflict, MergeShape, StreamText } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'
import { commonLines, textLines, type TextLine } from './text-lines.js'

/** A branch's whole text and what of it no other branch has. */
export interface BranchLines {
  readonly text: StreamText
  /** In the text's order. */
  readonly own: readonly TextLine[]
}

export interface ConflictLines {
  readonly branches: readonly BranchLines[]
  /** All texts are equal before this byte, at which a line begins. */
  readonly common: number
}

const emptyText: StreamText = { length: 0, slice: () => [] }

/**
 * What each branch of a conflict has for itself. In an order-dependent file all from where it leaves the others; in
 * others the lines that no other branch has, each counted as often as it stands there.
 */
export function conflictLines(
  view: StreamView,
  conflict: Conflict,
  shape: MergeShape,
  hasher: Hasher,
): ConflictLines {
  const texts = conflict.branches.map(({ head }) => view.branchText(head) ?? emptyText)
  if (shape === 'whole')
    return {
      common: 0,
      branches: texts.map((text, i) => wholeValue(text, conflict.branches[i]?.records ?? 0)),
    }
  const common = commonLines(view, texts)
  const lines = texts.map((text) => [...textLines(view, text, hasher, common)])
  const branches = texts.map((text, i) => {
    const mine = lines[i] ?? []
    const others = lines.filter((_, j) => j !== i)
    return { text, own: shape === 'ordered' ? afterFork(mine, others) : notIn(mine, others) }
  })
  return { common, branches }
}

/** A small state file is one value, whatever lines it has, also an empty one. A branch may hold none of its own. */
function wholeValue(text: StreamText, records: number): BranchLines {
  return { text, own: records === 0 ? [] : [{ from: 0, to: text.length, key: '' }] }
}

function afterFork(mine: readonly TextLine[], others: readonly (readonly TextLine[])[]): TextLine[] {
  let shared = 0
  for (const other of others) {
    let at = 0
    while (at < mine.length && mine[at]?.key === other[at]?.key) at++
    shared = Math.max(shared, at)
  }
  return mine.slice(shared)
}

function notIn(mine: readonly TextLine[], others: readonly (readonly TextLine[])[]): TextLine[] {
  const most = new Map<string, number>()
  for (const other of others)
    for (const [key, count] of counts(other)) most.set(key, Math.max(most.get(key) ?? 0, count))
  const seen = new Map<string, number>()
  return mine.filter(({ key }) => {
    const occurrence = (seen.get(key) ?? 0) + 1
    seen.set(key, occurrence)
    return occurrence > (most.get(key) ?? 0)
  })
}

/** How often each line stands there. */
export function counts(lines: Iterable<TextLine>): Map<string, number> {
  const found = new Map<string, number>()
  for (const { key } of lines) found.set(key, (found.get(key) ?? 0) + 1)
  return found
}
