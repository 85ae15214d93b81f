import type { WrittenBody } from '../event.js'
import { type Applied, findAll, gap } from './applied.js'
import { readSpans } from './contents.js'
import { beginEpoch, lastItem, noteMalformed } from './file-state.js'
import { FileText } from './file-text.js'
import { piecesLength, type StreamGraph } from './graph.js'
import { spanLines, type SpanLine } from './lines.js'
import type { HostFile, Item, LinedText, Node, Span } from './model.js'

/** What write-back put into a file: no head, no record of its own, and exact. */
export function written(graph: StreamGraph, file: HostFile, body: WrittenBody): Applied {
  const heads = findAll(graph, body.heads)
  if (typeof heads === 'string') return { missing: heads }
  const spans = graph.spansOf(body.pieces)
  if (typeof spans === 'string') return { missing: spans }
  const { text } = file
  if (body.epoch < file.epoch || body.keep > text.length) return gap
  if (body.keep + piecesLength(body.pieces) !== body.length) return gap
  const tail = [...text.spans(text.tailFrom, text.length)]
  const next =
    body.epoch === file.epoch && body.keep === text.length ? text : new FileText<Item, Node>(text, body.keep)
  if (next !== text || body.epoch !== file.epoch) beginEpoch(graph, file, body.epoch, next)
  if (next !== text) file.physical = lastItem(graph, next)
  const open = [...next.spans(next.tailFrom, next.length)]
  const from = next.length
  for (const span of spans) next.push(span)
  if (tail.length > 0 && spanLines(open, spans).some((line) => line.newline && sameSpans(line.spans, tail))) {
    closeTail(graph, file, tail)
    // Its own line stands beside the heads' now: the texts are one.
    for (const head of heads) if (file.chain) graph.link(file.chain, head.chain)
  }
  for (const line of spanLines(open, spans)) {
    if (!line.newline) continue
    let item = line.item ?? (graph.union ? nextOfContent(graph, next, line) : null)
    if (graph.format.shape === 'ordered') {
      file.physical = graph.items.child(file.physical as Item, graph.contentOf(line))
      item = file.physical
    }
    next.endLine(item, from + line.end)
    if (item) file.drops.delete(item)
  }
  file.writes.push({ heads, item: file.physical })
  file.broken = false
  file.state = 'live'
  return 'applied'
}

/**
 * A line that is no event's own (a tail that was ended, or completed with another event's bytes) is the next occurrence
 * of its bytes in the text. It may be that no record of it is known yet: what arrives when must make no difference.
 */
function nextOfContent(graph: StreamGraph, text: LinedText, line: SpanLine): Item {
  const content = graph.contentOf(line)
  let before = 0
  for (let at = 0; at < text.lines; at++) if (text.item(at)?.content === content) before++
  return graph.items.occurrence(content, before)
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      (span, at) => span.node === b[at]?.node && span.from === b[at]?.from && span.length === b[at]?.length,
    )
  )
}

/** A write-back ends the open line: it becomes a record of the event that brought its last byte. */
function closeTail(graph: StreamGraph, file: HostFile, spans: readonly Span[]): void {
  if (graph.format.shape === 'whole' || file.broken) return
  const node = spans.at(-1)?.node
  if (!node || node.closed || node.chain !== file.chain) return
  const { chain } = node
  const content = graph.contents.intern(readSpans(spans), spans)
  const units = chain.units
  chain.units++
  const item = graph.union ? null : graph.items.child(file.logical as Item, content)
  node.closed = graph.addRec(node, content, spans, {
    newline: null,
    end: chain.units,
    units,
    index: node.recs.length,
    ...(item ? { item } : {}),
  })
  noteMalformed(graph, node.closed)
  if (item) file.logical = item
}
