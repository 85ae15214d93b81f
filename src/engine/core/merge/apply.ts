import type {
  AppendBody,
  BaseBody,
  FileBody,
  MoveBody,
  RemoveBody,
  ResetBody,
  WrittenBody,
} from '../event.js'
import { readSpans } from './contents.js'
import { type Applied, epochWait, findAll, gap } from './applied.js'
import { applyResolve } from './apply-resolve.js'
import { FileText } from './file-text.js'
import { fileId, keyOf, piecesLength, type StreamGraph, vectorOfNode } from './graph.js'
import type { Chain, HostFile, Item, Node, Span } from './model.js'
import { isWithin } from './model.js'
import type { StreamEvent } from './types.js'
import { join } from './vector.js'

/** Adds one event to the graph, or says what must come first; the graph is as before then. */
export function applyEvent(
  graph: StreamGraph,
  source: StreamEvent,
  undone: ReadonlySet<string>,
): Applied {
  const { event } = source
  const parents = findAll(graph, event.parents)
  if (typeof parents === 'string') return { missing: parents }
  const file = graph.fileOf(source)
  const applied =
    event.body.kind === 'resolve'
      ? applyResolve(graph, source, event.body, parents, undone)
      : file
        ? applyToFile(graph, file, source, parents)
        : 'ignored'
  if (file && applied === 'applied') {
    file.lastOffset = event.offset
    file.epochs.set(file.epoch, file.text)
  }
  return applied
}

function applyToFile(graph: StreamGraph, file: HostFile, source: StreamEvent, parents: Node[]): Applied {
  const { body } = source.event
  switch (body.kind) {
    case 'append':
      return append(graph, file, source, body, parents)
    case 'reset':
      return reset(graph, file, source, body)
    case 'written':
      return written(graph, file, body)
    case 'base':
      return base(graph, file, source, body, parents)
    case 'remove':
    case 'move':
      return leave(graph, file, source, body, parents)
    case 'file':
      return wholeFile(graph, file, source, body, parents)
    default:
      return 'ignored'
  }
}

function append(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  body: AppendBody,
  parents: Node[],
): Applied {
  if (body.epoch !== file.epoch) {
    if (body.epoch < file.epoch || body.position !== 0) return gap
    beginEpoch(graph, file, body.epoch, new FileText())
    file.chain = null
    file.drops.clear()
  } else if (body.position !== file.text.length) {
    return gap
  }
  file.chain ??= graph.newChain(file, new Map(), null)
  addBytes(graph, file, source, body.bytes, parents)
  return 'applied'
}

/** Adds bytes at the end of a file as an event of its chain. */
function addBytes(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  bytes: Uint8Array,
  parents: Node[],
): Node {
  const chain = file.chain as Chain
  const flows = settleRewrite(graph, file, chain, bytes)
  const key = keyOf(source, chain.key, flows ? [...parents, ...flows] : parents)
  if (flows) for (const tip of flows) chain.past = join(chain.past, vectorOfNode(tip, chain))
  const units = Math.max(source.withheld ?? bytes.length, 1)
  const pieces = source.source?.pieces ?? null
  const node = graph.addNode(source, chain, { key, parents, units, bytes, pieces })
  continueLogical(file, node)
  const text = file.text
  const open = [...text.spans(text.tailFrom, text.length)]
  const length = source.withheld ?? bytes.length
  const before = text.length
  text.push({ node, from: 0, length })
  if (source.withheld !== undefined) {
    graph.incomplete = true
    file.broken = true
  }
  if (graph.format.shape === 'whole') addValue(graph, file, node)
  else addLines(graph, file, node, { open, before })
  file.state = 'live'
  file.wrote = true
  file.lastKey = key
  file.writes = []
  node.textEnd = text.length
  node.item ??= file.logical
  node.exact = file.logical === file.physical
  return node
}

function addLines(
  graph: StreamGraph,
  file: HostFile,
  node: Node,
  at: { open: readonly Span[]; before: number },
): void {
  let { open } = at
  let from = 0
  for (;;) {
    const newlineAt = node.bytes.indexOf(10, from)
    if (newlineAt === -1) return
    const own: Span = { node, from, length: newlineAt - from }
    const spans = own.length > 0 ? [...open, own] : open
    const units = node.start + from
    from = newlineAt + 1
    open = []
    if (file.broken) {
      file.broken = false
      file.text.endLine(null, at.before + from)
      continue
    }
    const content = graph.contents.intern(readSpans(spans), spans)
    const ordered = graph.union ? null : graph.items.child(file.logical as Item, content)
    const rec = graph.addRec(node, content, spans, {
      ...{ newline: { node, from: newlineAt, length: 1 }, end: node.start + from, units },
      ...{ index: node.recs.length, ...(ordered ? { item: ordered } : {}) },
    })
    node.recs.push(rec)
    if (ordered) {
      file.physical =
        file.physical === file.logical ? ordered : graph.items.child(file.physical as Item, content)
      file.logical = ordered
    }
    file.text.endLine(ordered ? file.physical : rec.item, at.before + from)
    file.drops.delete(rec.item)
    if (graph.union && node.chain.reset && graph.format.describe(readSpans(spans)) === null) {
      node.chain.malformed.push(rec.item)
    }
  }
}

/** The whole text is one value; none where some of it is withheld. */
function addValue(graph: StreamGraph, file: HostFile, node: Node): void {
  const spans = [...file.text.spans(0, file.text.length)]
  if (spans.some((span) => span.node?.source.withheld !== undefined)) return
  const content = graph.contents.intern(readSpans(spans), spans)
  const at = { newline: null, end: node.end, units: node.start, index: 0 }
  node.item = graph.addRec(node, content, spans, at).item
}

/**
 * After a write-back the text goes on where the event says: with what was written where its parents contain it, and
 * where it went before otherwise (the agent had the older file in memory).
 */
function continueLogical(file: HostFile, node: Node): void {
  for (let at = file.writes.length - 1; at >= 0; at--) {
    const write = file.writes[at]
    if (!write?.heads.every((head) => isWithin(head, node))) continue
    file.logical = write.item
    return
  }
}

function reset(graph: StreamGraph, file: HostFile, source: StreamEvent, body: ResetBody): Applied {
  if (body.epoch < file.epoch || body.keep > file.text.length) return gap
  const old = file.text
  const text = new FileText(old, body.keep)
  const { past, key } = graph.containedIn(text, text.length)
  const before = file.chain
  const dropped: Item[] = []
  for (let line = text.lines; line < old.lines; line++) {
    const item = old.item(line)
    if (item) dropped.push(item)
  }
  beginEpoch(graph, file, body.epoch, text)
  const chain = graph.newChain(file, past, key)
  if (before) graph.link(chain, before)
  file.chain = chain
  const node = graph.addNode(source, chain, { key: keyOf(source, key, []), parents: [], units: 1 })
  chain.reset = node
  if (before) before.lost = file.drops.size > 0
  for (const item of dropped) file.drops.set(item, node)
  if (graph.format.rewrites && before) {
    const tips = [...(before.replaces?.tips ?? []), ...before.nodes.slice(-1)]
    chain.replaces = { tips, dropped: [...(before.replaces?.dropped ?? []), ...dropped] }
  }
  restAfter(graph, file, node)
  if (graph.format.shape === 'whole' && text.length > 0) addValue(graph, file, node)
  return 'applied'
}

/**
 * In a format that rewrites, a whole file of the right form by the host that brought everything it dropped is no fork:
 * it follows what it replaced. Returns what that was, null where nothing is replaced or it isn't known to be whole.
 */
function settleRewrite(
  graph: StreamGraph,
  file: HostFile,
  chain: Chain,
  bytes: Uint8Array,
): readonly Node[] | null {
  const { replaces } = chain
  if (!replaces) return null
  const spans = [...file.text.spans(0, file.text.length)]
  const before = readSpans(spans)
  const content = new Uint8Array(before.length + bytes.length)
  content.set(before)
  content.set(bytes, before.length)
  if (!graph.format.wellFormed(content)) return null
  const now = new Set(linesOf(content).map((line) => graph.contents.find(line)))
  const others = replaces.dropped.some(
    (item) =>
      item.content && !now.has(item.content) && !item.copies.some(({ node }) => node.host === file.host),
  )
  if (others) return null
  chain.replaces = null
  file.drops.clear()
  return replaces.tips
}

function written(graph: StreamGraph, file: HostFile, body: WrittenBody): Applied {
  const heads = findAll(graph, body.heads)
  if (typeof heads === 'string') return { missing: heads }
  const spans = graph.spansOf(body.pieces)
  if (typeof spans === 'string') return { missing: spans }
  const { text } = file
  if (body.epoch < file.epoch || body.keep > text.length) return gap
  if (body.keep + piecesLength(body.pieces) !== body.length) return gap
  closeTail(graph, file)
  const next = body.epoch === file.epoch && body.keep === text.length ? text : new FileText(text, body.keep)
  if (next !== text || body.epoch !== file.epoch) beginEpoch(graph, file, body.epoch, next)
  if (next !== text) file.physical = lastItem(graph, next)
  const open = [...next.spans(next.tailFrom, next.length)]
  const from = next.length
  for (const span of spans) next.push(span)
  for (const line of graph.lines(open, spans)) {
    if (!line.newline) continue
    let item = line.item
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

/** A write-back ends the open line: it becomes a record of the event that brought its last byte. */
function closeTail(graph: StreamGraph, file: HostFile): void {
  const { text } = file
  if (graph.format.shape === 'whole' || file.broken) return
  const spans = [...text.spans(text.tailFrom, text.length)]
  const node = spans.at(-1)?.node
  if (!node || node.closed || node.chain !== file.chain) return
  const { chain } = node
  const content = graph.contents.intern(readSpans(spans), spans)
  const units = chain.units
  chain.units++
  const item = graph.union ? null : graph.items.child(file.logical as Item, content)
  node.closed = graph.addRec(node, content, spans, {
    ...{ newline: null, end: chain.units, units, index: node.recs.length, ...(item ? { item } : {}) },
  })
  if (item) file.logical = item
}

function base(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  body: BaseBody,
  parents: Node[],
): Applied {
  if (body.epoch < file.epoch) return gap
  if (source.source) {
    beginEpoch(graph, file, body.epoch, new FileText())
    file.chain = graph.newChain(file, new Map(), null)
    graph.noteForeign(addBytes(graph, file, source, source.source.bytes, parents))
    return 'applied'
  }
  const from = graph.files.get(fileId(body.source.log, body.source.root, body.source.path))
  const text = from?.epochs.get(body.source.epoch)
  if (!text || text.length < body.length) return { missing: epochWait }
  const next = new FileText(text, body.length)
  const { past, key } = graph.containedIn(next, next.length)
  beginEpoch(graph, file, body.epoch, next)
  file.chain = graph.newChain(file, past, key)
  const node = graph.addNode(source, file.chain, { key: keyOf(source, key, parents), parents, units: 1 })
  file.state = 'live'
  file.wrote = true
  restAfter(graph, file, node)
  if (graph.format.shape === 'whole') addValue(graph, file, node)
  return 'applied'
}

function leave(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  body: RemoveBody | MoveBody,
  parents: Node[],
): Applied {
  const { past, key } = graph.containedIn(file.text, file.text.length)
  file.chain ??= graph.newChain(file, past, key)
  const { chain } = file
  const value = chain.nodes.at(-1)?.item ?? null
  const node = graph.addNode(source, chain, { key: keyOf(source, chain.key, parents), parents, units: 1 })
  file.state = body.kind === 'remove' ? 'removed' : 'moved'
  restAfter(graph, file, node)
  if (graph.format.shape === 'whole') node.item = value
  return 'applied'
}

/** A small file's value. One that is malformed follows nothing: the value before it stays a head. */
function wholeFile(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  body: FileBody,
  parents: Node[],
): Applied {
  if (body.epoch < file.epoch) return gap
  const tip = file.chain?.nodes.at(-1)
  beginEpoch(graph, file, body.epoch, new FileText())
  if (!file.chain) {
    file.chain = graph.newChain(file, new Map(), null)
  } else if (tip && !file.chain.replaces && !graph.format.wellFormed(body.bytes)) {
    const chain = graph.newChain(file, new Map(), file.chain.key)
    chain.replaces = { tips: [tip], dropped: [] }
    graph.link(chain, file.chain)
    file.chain = chain
  }
  addBytes(graph, file, source, body.bytes, parents)
  return 'applied'
}

function beginEpoch(graph: StreamGraph, file: HostFile, epoch: number, text: FileText): void {
  file.epoch = epoch
  file.text = text
  file.logical = file.physical = lastItem(graph, text)
  file.writes = []
  file.broken = false
}

function restAfter(graph: StreamGraph, file: HostFile, node: Node): void {
  node.textEnd = file.text.length
  if (graph.format.shape === 'ordered') node.item = file.logical
  file.lastKey = node.key
}

function lastItem(graph: StreamGraph, text: FileText): Item | null {
  return graph.format.shape === 'ordered' && text.lines > 0 ? text.item(text.lines - 1) : graph.items.root
}

function linesOf(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  let from = 0
  for (;;) {
    const at = content.indexOf(10, from)
    if (at === -1) return lines
    lines.push(content.subarray(from, at))
    from = at + 1
  }
}
