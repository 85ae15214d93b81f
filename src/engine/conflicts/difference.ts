import type { StreamView } from '../core/merge/stream-view.js'
import type { StreamText } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'
import { readLine, type Reading } from './branch-page.js'
import { counts } from './own-lines.js'
import { linesBefore, textBlocks, textBytes, textLines, type TextLine } from './text-lines.js'
import type { TextDifference } from './types.js'

/** A text together with the view that it is a text of. */
export interface ViewText {
  readonly view: StreamView
  readonly text: StreamText
}

interface Step {
  readonly sign: '+' | '-'
  readonly line: TextLine
}

const contextLines = 2
const noLines: readonly TextLine[] = []

/** How the lines of one text become those of another: exact where either is part of the other, else nearly the least. */
export function textDifference(
  before: ViewText,
  after: ViewText,
  hasher: Hasher,
  { reading, max }: { readonly reading: Reading; readonly max: number },
): TextDifference {
  const common = commonBytes(before, after)
  let [added, removed] = [0, 0]
  const shown: TextDifference['lines'][number][] = []
  for (const { sign, line } of steps(before, after, hasher, common)) {
    if (sign === '+') added++
    else removed++
    if (added + removed > max) continue
    const side = sign === '+' ? after : before
    if (shown.length === 0)
      for (const each of linesBefore(before.view, before.text, common, contextLines))
        shown.push({ sign: ' ', message: readLine(before.view, before.text, each, reading) })
    shown.push({ sign, message: readLine(side.view, side.text, line, reading) })
  }
  return { added, removed, lines: shown, more: Math.max(0, added + removed - max) }
}

/** Lines that both have are passed over, in order; of the others each side's come as they stand. */
function* steps(before: ViewText, after: ViewText, hasher: Hasher, from: number): Generator<Step> {
  const a = from < before.text.length ? [...textLines(before.view, before.text, hasher, from)] : noLines
  const b = from < after.text.length ? [...textLines(after.view, after.text, hasher, from)] : noLines
  const left = counts(b)
  const take = ({ key }: TextLine): void => void left.set(key, (left.get(key) ?? 0) - 1)
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [mine, theirs] = [a[i], b[j]]
    if (mine && theirs && mine.key === theirs.key) {
      take(theirs)
      i++
      j++
    } else if (mine && (left.get(mine.key) ?? 0) === 0) {
      yield { sign: '-', line: mine }
      i++
    } else if (theirs) {
      take(theirs)
      yield { sign: '+', line: theirs }
      j++
    }
  }
}

/** Where the last line begins before which both texts are equal. */
export function commonBytes(a: ViewText, b: ViewText): number {
  const length = Math.min(a.text.length, b.text.length)
  let at = 0
  let lineStart = 0
  for (const block of textBlocks(a.view, a.text)) {
    const to = Math.min(at + block.length, length)
    const other = textBytes(b.view, b.text, at, to)
    const mine = block.subarray(0, to - at)
    let equal = 0
    if (Buffer.compare(mine, other) === 0) equal = mine.length
    else while (mine[equal] === other[equal]) equal++
    const newline = mine.subarray(0, equal).lastIndexOf(10)
    if (newline !== -1) lineStart = at + newline + 1
    at = to
    if (equal < block.length) break
  }
  return lineStart
}

/** unchanged: equal. appended: what was there stays as it is, and more follows. */
export function changeOf(before: ViewText, after: ViewText): 'unchanged' | 'appended' | 'rewritten' {
  const length = before.text.length
  if (length > after.text.length) return 'rewritten'
  let at = 0
  for (const block of textBlocks(before.view, before.text)) {
    if (Buffer.compare(block, textBytes(after.view, after.text, at, at + block.length)) !== 0)
      return 'rewritten'
    at += block.length
  }
  return length === after.text.length ? 'unchanged' : 'appended'
}
