import type { StreamView } from '../core/merge/stream-view.js'
import type { StreamText } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'

/** A line of a text: its bytes are `[from, to)`, its newline not included. */
export interface TextLine {
  readonly from: number
  readonly to: number
  /** Equal for equal bytes, and hard to forge. */
  readonly key: string
}

/** How much of a text is read at once. */
const blockBytes = 256 * 1024

/** The bytes `[from, to)` of a text of a view. */
export function textBytes(view: StreamView, text: StreamText, from = 0, to = text.length): Uint8Array {
  return view.read(text.slice(from, to))
}

/** The text in parts, none longer than a block. */
export function* textBlocks(view: StreamView, text: StreamText, from = 0): Generator<Uint8Array> {
  for (let at = from; at < text.length; at += blockBytes)
    yield textBytes(view, text, at, Math.min(at + blockBytes, text.length))
}

/** Every line from byte `from`, where a line begins, without holding more of the text than a block and a line. */
export function* textLines(
  view: StreamView,
  text: StreamText,
  hasher: Hasher,
  from = 0,
): Generator<TextLine> {
  let begun: Uint8Array[] = []
  let start = from
  let base = from
  const lineTo = (to: number, rest: Uint8Array): TextLine => {
    const hash = hasher.sha256(...begun, rest)
    const line = { from: start, to, key: Buffer.from(hash.subarray(0, 16)).toString('latin1') }
    begun = []
    start = to + 1
    return line
  }
  for (const block of textBlocks(view, text, from)) {
    let at = 0
    for (;;) {
      const end = block.indexOf(10, at)
      if (end === -1) break
      yield lineTo(base + end, block.subarray(at, end))
      at = end + 1
    }
    if (at < block.length) begun.push(block.subarray(at))
    base += block.length
  }
  if (start < text.length) yield lineTo(text.length, new Uint8Array(0))
}

/** Where the last line begins of the beginning that all texts have in common: every byte before it is equal in all. */
export function commonLines(view: StreamView, texts: readonly StreamText[]): number {
  const [first, ...others] = texts
  if (!first) return 0
  const length = Math.min(...texts.map((text) => text.length))
  let lineStart = 0
  for (let at = 0; at < length; at += blockBytes) {
    const to = Math.min(at + blockBytes, length)
    const block = textBytes(view, first, at, to)
    let equal = block.length
    for (const other of others) equal = Math.min(equal, equalBytes(block, textBytes(view, other, at, to)))
    const newline = block.subarray(0, equal).lastIndexOf(10)
    if (newline !== -1) lineStart = at + newline + 1
    if (equal < block.length) return lineStart
  }
  return lineStart
}

function equalBytes(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return a.length
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** Where the last `count` lines before byte `end`, where a line begins, begin; the first one first. */
export function linesBefore(
  view: StreamView,
  text: StreamText,
  end: number,
  count: number,
): { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = []
  let to = end - 1
  while (to >= 0 && found.length < count) {
    const from = lineStartBefore(view, text, to)
    found.unshift({ from, to })
    to = from - 1
  }
  return found
}

/** Where the line begins that ends at byte `to`. */
function lineStartBefore(view: StreamView, text: StreamText, to: number): number {
  for (let end = to; end > 0;) {
    const from = Math.max(0, end - blockBytes)
    const newline = textBytes(view, text, from, end).lastIndexOf(10)
    if (newline !== -1) return from + newline + 1
    end = from
  }
  return 0
}
