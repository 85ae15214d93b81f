import type { Item, Node, Rec, Span } from './model.js'

/** A line of a text that is put together from spans. */
export interface SpanLine {
  readonly spans: readonly Span[]
  readonly newline: Span | null
  /** Bytes of the spans from its beginning up to its end, the newline included. */
  readonly end: number
  /** The record that exactly these bytes are, as an event brought it with its newline. */
  readonly item: Item | null
}

/**
 * Splits spans into lines and finds the records that they are. `open` is what stands before them without a newline.
 * The last line may have none.
 */
export function spanLines(open: readonly Span[], spans: readonly Span[]): SpanLine[] {
  const lines: SpanLine[] = []
  let head: Span[] = [...open]
  let at = 0
  const finish = (newline: Span | null): void => {
    lines.push({ spans: head, newline, end: at, item: recordOf(head, newline) })
    head = []
  }
  for (const span of spans) {
    const { node, from, length } = span
    if (node === null) {
      for (let left = length; left > 0; left--) {
        at++
        finish({ node: null, from: 0, length: 1 })
      }
      continue
    }
    let begin = from
    while (begin < from + length) {
      const newlineAt = node.bytes.indexOf(10, begin)
      const end = newlineAt === -1 || newlineAt >= from + length ? from + length : newlineAt
      if (end > begin) head.push({ node, from: begin, length: end - begin })
      at += end - begin
      begin = end
      if (end < from + length) {
        at++
        begin++
        finish({ node, from: newlineAt, length: 1 })
      }
    }
  }
  if (head.length > 0) finish(null)
  return lines
}

function recordOf(spans: readonly Span[], newline: Span | null): Item | null {
  if (!newline?.node) return null
  const rec = recEndingAt(newline.node, newline.from)
  return rec && sameSpans(rec, spans) ? rec.item : null
}

/** The record of a node whose newline is at byte `at` of what the node brought. */
function recEndingAt(node: Node, at: number): Rec | undefined {
  let low = 0
  let high = node.recs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (((node.recs[middle] as Rec).newline?.from ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  const rec = node.recs[low]
  return rec?.newline?.from === at ? rec : undefined
}

function sameSpans(rec: Rec, spans: readonly Span[]): boolean {
  const first = spans[0]
  const own = rec.spans[0]
  const length = spans.reduce((sum, span) => sum + span.length, 0)
  if (length !== rec.content.length) return false
  return first === undefined || (first.node === own?.node && first.from === own.from)
}
