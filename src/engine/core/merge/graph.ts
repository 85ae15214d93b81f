import type { EventPiece, EventRef, Piece } from '../event.js'
import { isFileEvent } from '../event.js'
import { pieceLength } from '../replay-plan.js'
import { link, noteFirst } from './components.js'
import { ContentTable, readSpans } from './contents.js'
import type { Content, LinedText } from './model.js'
import { FileText } from './file-text.js'
import { addCopy, ItemTable } from './items.js'
import type { SpanLine } from './lines.js'
import type { Chain, Component, HostFile, Item, Node, Rec, ResolveFacts, Span } from './model.js'
import { isWithin } from './model.js'
import { type Key, keyAfter, laterKey, zeroKey } from './order.js'
import type { MergeFormat, StreamEvent } from './types.js'
import { join } from './vector.js'
import type { Vector } from './model.js'

/** What a graph tells the one who keeps the order of its records. */
export interface GraphListener {
  /** A record became a copy of its item. Must add it (see `addCopy`). */
  copied(item: Item, rec: Rec): void
  /** Two components became one. */
  linked(stays: Component, goes: Component): void
}

interface NodeParts {
  readonly key: Key
  readonly parents: readonly Node[]
  /** What it follows in the place of the chain's last node: see `settleRewrite`. */
  readonly follows?: readonly Node[] | null
  readonly units: number
  readonly bytes?: Uint8Array
  readonly pieces?: readonly Piece[] | null
  readonly resolve?: ResolveFacts
}

/**
 * The causal history of a stream as it grows. Events must come after their parents, and those of one file in the order
 * of their offsets; `Intake` sees to that. What the parts of the history are, `model.ts` says.
 */
export class StreamGraph {
  readonly format: MergeFormat
  readonly items = new ItemTable()
  readonly contents = new ContentTable()
  readonly nodes = new Map<string, Node>()
  readonly files = new Map<string, HostFile>()
  readonly chains: Chain[] = []
  readonly heads = new Set<Node>()
  /** Nodes that bring two or more concurrent heads together, in order of arrival. */
  readonly merges: Node[] = []
  readonly resolves: Node[] = []
  /** Nodes that the view has not looked at yet. */
  added: Node[] = []
  incomplete = false
  readonly #listener: GraphListener
  readonly #foreign = new Map<string, { node: Node; at: number; from: number; length: number }[]>()

  constructor(format: MergeFormat, listener: GraphListener) {
    this.format = format
    this.#listener = listener
  }

  get union(): boolean {
    return this.format.shape === 'tree' || this.format.shape === 'records'
  }

  /** The node that a reference names; undefined where it is not here or another event. */
  find(ref: EventRef): Node | undefined {
    const node = this.nodes.get(`${ref.log}:${ref.offset}`)
    return node && node.ref.digest.startsWith(ref.digest.slice(0, 16)) ? node : undefined
  }

  /** The file of an event; made where it is the first of it. */
  fileOf(source: StreamEvent): HostFile | null {
    const { body, log } = source.event
    if (!isFileEvent(body)) return null
    const id = fileId(log, body.file.root, body.file.path)
    let file = this.files.get(id)
    if (!file) {
      file = {
        id,
        log,
        host: source.host,
        root: body.file.root,
        path: body.file.path,
        epoch: -1,
        text: new FileText<Item, Node>(),
        chain: null,
        state: 'live',
        wrote: false,
        broken: false,
        continued: false,
        lastOffset: -1,
        lastKey: zeroKey,
        logical: this.items.root,
        physical: this.items.root,
        writes: [],
        drops: new Map<Item, Node>(),
        epochs: new Map<number, LinedText>(),
      }
      this.files.set(id, file)
    }
    return file
  }

  newChain(file: HostFile | null, past: Vector, key: Key | null): Chain {
    const serial = this.chains.length
    const component: Component = { parent: null, serial, size: 1, hasRecords: false, first: null }
    const chain: Chain = {
      serial,
      file,
      recs: [],
      nodes: [],
      units: 0,
      past,
      key,
      component,
      cover: new Map(),
      malformed: [],
      reset: null,
      lost: false,
      replaces: null,
    }
    this.chains.push(chain)
    for (const other of past.keys()) this.link(chain, other)
    const [first] = this.chains
    if (this.format.shape === 'whole' && first && first !== chain) this.link(chain, first)
    return chain
  }

  link(a: Chain, b: Chain): void {
    const linked = link(a.component, b.component)
    if (linked) this.#listener.linked(linked.stays, linked.goes)
  }

  /** Adds an event to a chain. */
  addNode(source: StreamEvent, chain: Chain, parts: NodeParts): Node {
    const { event, digest, host } = source
    for (const parent of [...parts.parents, ...(parts.follows ?? [])]) {
      chain.past = join(chain.past, vectorOfNode(parent, chain))
      this.link(chain, parent.chain)
    }
    const previous = chain.nodes.at(-1)
    const before = parts.follows ?? (previous ? [previous] : [])
    const concurrent = maximal([...before, ...parts.parents])
    const node: Node = {
      id: `${event.log}:${event.offset}`,
      ref: {
        log: event.log,
        offset: event.offset,
        digest: digest.slice(0, 16),
      },
      source,
      host,
      key: parts.key,
      chain,
      start: chain.units,
      end: chain.units + parts.units,
      past: chain.past,
      parents: concurrent,
      recs: [],
      bytes: parts.bytes ?? new Uint8Array(0),
      pieces: parts.pieces ?? null,
      item: null,
      text: chain.file?.text ?? null,
      textEnd: 0,
      exact: true,
      closed: null,
      resolve: parts.resolve ?? null,
    }
    chain.units = node.end
    chain.key = node.key
    chain.nodes.push(node)
    this.nodes.set(node.id, node)
    noteFirst(this.#root(chain), {
      key: node.key,
      log: event.log,
      offset: event.offset,
      index: 0,
      after: null,
    })
    // An undone resolution decides nothing: what it kept is still for somebody to decide, until an append goes on from it.
    if (!node.resolve?.undone)
      for (const head of this.heads) if (isWithin(head, node)) this.heads.delete(head)
    this.heads.add(node)
    this.added.push(node)
    if (concurrent.length > 1) this.merges.push(node)
    return node
  }

  /** Makes a record and finds its item. `units`: what of its chain comes before it. */
  addRec(
    node: Node,
    content: Content,
    spans: readonly Span[],
    at: { newline: Span | null; end: number; units: number; index: number; item?: Item; after?: Rec | null },
  ): Rec {
    const item = at.item ?? this.items.byOccurrence(content, node, at.units)
    const rec: Rec = {
      node,
      end: at.end,
      content,
      spans,
      newline: at.newline,
      item,
      dropped: false,
      key: node.key,
      log: node.ref.log,
      offset: node.ref.offset,
      index: at.index,
      after: at.after ? (at.after.after ?? at.after) : null,
    }
    node.chain.recs.push(rec)
    this.#root(node.chain).hasRecords = true
    const [other] = item.copies
    if (other && other.node.chain !== node.chain) this.link(node.chain, other.node.chain)
    this.#listener.copied(item, rec)
    return rec
  }

  /** The content of a line, whether or not it is a record. */
  contentOf(line: SpanLine): Content {
    return line.item?.content ?? this.contents.intern(readSpans(line.spans), line.spans)
  }

  /** The spans of pieces; null where an event is not here. */
  spansOf(pieces: readonly Piece[]): Span[] | string {
    const spans: Span[] = []
    for (const piece of pieces) {
      if ('newlines' in piece) {
        spans.push({ node: null, from: 0, length: piece.newlines })
        continue
      }
      const id = `${piece.log}:${piece.offset}`
      const node = this.nodes.get(id)
      if (node) {
        if (piece.from + piece.length > node.bytes.length) return id
        spans.push({ node, from: piece.from, length: piece.length })
      } else {
        const found = this.#foreignSpans(id, piece)
        if (!found) return id
        spans.push(...found)
      }
    }
    return spans
  }

  /** Bytes of events of another stream that a `base` brought into this one can be referred to by their own names. */
  noteForeign(node: Node): void {
    let at = 0
    for (const piece of node.pieces ?? []) {
      if ('log' in piece) {
        const id = `${piece.log}:${piece.offset}`
        const known = this.#foreign.get(id)
        const entry = { node, at, from: piece.from, length: piece.length }
        if (known) known.push(entry)
        else this.#foreign.set(id, [entry])
      }
      at += pieceLength(piece)
    }
  }

  #foreignSpans(id: string, piece: EventPiece): Span[] | null {
    const spans: Span[] = []
    const parts = [...(this.#foreign.get(id) ?? [])].sort((a, b) => a.from - b.from)
    let from = piece.from
    const end = piece.from + piece.length
    for (const part of parts) {
      if (part.from > from || from >= end || part.from + part.length <= from) continue
      const length = Math.min(part.from + part.length, end) - from
      spans.push({ node: part.node, from: part.at + from - part.from, length })
      from += length
    }
    return from === end ? spans : null
  }

  /** What the first `end` bytes of a text contain, and the greatest key among it. */
  containedIn(text: LinedText, end: number): { past: Vector; key: Key | null } {
    const units = new Map<Chain, number>()
    const pasts = new Set<Vector>()
    let key: Key | null = null
    let before: Span | null = null
    for (const span of text.spans(0, end)) {
      const { node } = span
      if (node) {
        key = key === null ? node.key : laterKey(key, node.key)
        pasts.add(node.past)
        raise(
          units,
          node.chain,
          span.from + span.length >= node.bytes.length ? node.end : node.start + span.from + span.length,
        )
      } else if (before?.node?.closed && before.from + before.length >= before.node.bytes.length) {
        raise(units, before.node.chain, before.node.closed.end)
      }
      before = span
    }
    let past: Vector = units
    for (const other of pasts) past = join(past, other)
    return { past, key }
  }

  #root(chain: Chain): Component {
    let at = chain.component
    while (at.parent) at = at.parent
    return at
  }
}

/** A graph that nobody keeps an order for. */
export const plainListener: GraphListener = {
  copied: (item, rec) => void addCopy(item, rec),
  linked: () => undefined,
}

export function fileId(log: string, root: string, path: string): string {
  return `${log}\0${root}\0${path}`
}

/** What a node contains, itself included; without the part of `chain`, which is implied there. */
export function vectorOfNode(node: Node, chain: Chain | null = null): Vector {
  if (node.chain === chain) return node.past
  const own: Vector = new Map([[node.chain, node.end]])
  const all = join(node.past, own)
  if (chain === null || !all.has(chain)) return all
  const others = new Map(all)
  others.delete(chain)
  return others
}

/** Nodes that are in no other's past, in the order given, each once. */
export function maximal(nodes: readonly Node[]): Node[] {
  // An undone resolution decided nothing: what it knew of stands beside it.
  const deciding = nodes.filter((node) => !node.resolve?.undone)
  return nodes.filter(
    (node, at) =>
      nodes.indexOf(node) === at && !deciding.some((other) => other !== node && isWithin(node, other)),
  )
}

export function keyOf(source: StreamEvent, before: Key | null, parents: readonly Node[]): Key {
  let greatest = before
  for (const { key } of parents) greatest = greatest === null ? key : laterKey(greatest, key)
  return keyAfter(source.event.time, greatest)
}

export function piecesLength(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + pieceLength(piece), 0)
}

function raise(units: Map<Chain, number>, chain: Chain, to: number): void {
  if (to > (units.get(chain) ?? 0)) units.set(chain, to)
}
