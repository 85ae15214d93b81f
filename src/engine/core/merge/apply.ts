import type { AppendBody, BaseBody, FileBody, MoveBody, RemoveBody, ResetBody } from '../event.js'
import { readSpans } from './contents.js'
import { type Applied, epochWait, findAll, gap } from './applied.js'
import { written } from './apply-written.js'
import { beginEpoch, noteMalformed } from './file-state.js'
import { settleRewrite } from './rewrite.js'
import { applyResolve } from './apply-resolve.js'
import { FileText } from './file-text.js'
import { fileId, keyOf, type StreamGraph } from './graph.js'
import type { Chain, HostFile, Item, Node, Span } from './model.js'
import { isWithin } from './model.js'
import type { StreamEvent } from './types.js'

/** Adds one event to the graph, or says what must come first; the graph is as before then. */
export function applyEvent(graph: StreamGraph, source: StreamEvent, undone: ReadonlySet<string>): Applied {
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
    beginEpoch(graph, file, body.epoch, new FileText<Item, Node>())
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
  const follows = settleRewrite(graph, file, chain, bytes)
  const key = keyOf(source, chain.key, follows ? [...parents, ...follows] : parents)
  const units = Math.max(source.withheld ?? bytes.length, 1)
  const pieces = source.source?.pieces ?? null
  const node = graph.addNode(source, chain, { key, parents, follows, units, bytes, pieces })
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
      newline: {
        node,
        from: newlineAt,
        length: 1,
      },
      end: node.start + from,
      units,
      index: node.recs.length,
      ...(ordered ? { item: ordered } : {}),
    })
    node.recs.push(rec)
    if (ordered) {
      file.physical =
        file.physical === file.logical ? ordered : graph.items.child(file.physical as Item, content)
      file.logical = ordered
    }
    file.text.endLine(ordered ? file.physical : rec.item, at.before + from)
    file.drops.delete(rec.item)
    noteMalformed(graph, rec)
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
  const text = new FileText<Item, Node>(old, body.keep)
  const { past, key } = graph.containedIn(text, text.length)
  const before = file.chain
  const dropped: Item[] = []
  for (let line = text.lines; line < old.lines; line++) {
    const item = old.item(line)
    if (item) dropped.push(item)
  }
  beginEpoch(graph, file, body.epoch, text)
  // A file that was removed or moved is there again, and may be just as it was: then no append follows.
  file.state = 'live'
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

function base(
  graph: StreamGraph,
  file: HostFile,
  source: StreamEvent,
  body: BaseBody,
  parents: Node[],
): Applied {
  if (body.epoch < file.epoch) return gap
  if (source.source) {
    beginEpoch(graph, file, body.epoch, new FileText<Item, Node>())
    file.chain = graph.newChain(file, new Map(), null)
    graph.noteForeign(addBytes(graph, file, source, source.source.bytes, parents))
    return 'applied'
  }
  const from = graph.files.get(fileId(body.source.log, body.source.root, body.source.path))
  const text = from?.epochs.get(body.source.epoch)
  if (!text || text.length < body.length) return { missing: epochWait }
  const next = new FileText<Item, Node>(text, body.length)
  const { past, key } = graph.containedIn(next, next.length)
  if (from && from !== file && from.host === file.host) from.continued = true
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
  if (body.epoch <= file.epoch) return gap
  const tip = file.chain?.nodes.at(-1)
  beginEpoch(graph, file, body.epoch, new FileText<Item, Node>())
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

function restAfter(graph: StreamGraph, file: HostFile, node: Node): void {
  node.textEnd = file.text.length
  if (graph.format.shape === 'ordered') node.item = file.logical
  file.lastKey = node.key
}
