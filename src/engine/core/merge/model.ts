/** The parts of a stream's history. The graph makes and changes them; everything else reads. */
import type { EventRef, HostId, Piece } from '../event.js'
import type { Key, Place } from './order.js'
import type { FileText, SpanOf } from './file-text.js'
import type { StreamEvent } from './types.js'

/** A run of bytes of a node, or (`node` null) of newlines that no event brought. */
export type Span = SpanOf<Node>

/** The text of a file with the items that its lines are. */
export type LinedText = FileText<Item, Node>

/** The bytes of a line, known once however often they occur. */
export interface Content {
  readonly length: number
  readonly hash: number
  /** Where its bytes first were met. */
  readonly spans: readonly Span[]
  /** Its items by occurrence, the first at 0. Not used in ordered streams. */
  readonly items: Item[]
}

/**
 * What a place in the history contains: of each chain, how many units. Ancestry is a comparison of two vectors, never
 * a walk. Vectors are shared between events and never changed once made.
 */
export type Vector = ReadonlyMap<Chain, number>

/** One record as one event brought it. Equal records of several branches are copies of one item. */
export interface Rec extends Place {
  readonly node: Node
  /** The units of its chain that a vector must contain to contain this record. */
  readonly end: number
  /** Its bytes, the newline not included. */
  readonly content: Content
  readonly spans: readonly Span[]
  /** null where no event brought one: the view inserts it. */
  readonly newline: Span | null
  item: Item
  /** Set where every resolution that covers this copy drops it. */
  dropped: boolean
}

/**
 * A record of the view: what all copies of the same bytes at the same occurrence share. In an ordered stream an item is
 * a node of the tree of all texts, so the same bytes after a different past are another item.
 */
export interface Item {
  readonly serial: number
  readonly content: Content | null
  readonly copies: Rec[]
  /** The copy with the least place: where the item stands. */
  best: Rec | null
  visible: boolean
  /** Where a last-wins line stands when the order of keys would change which one is last. */
  moved: Place | null
  /** Ordered streams only. */
  readonly parent: Item | null
  readonly depth: number
  readonly jump: Item | null
  readonly children: Map<Content, Item> | null
}

/**
 * The events of one file of one log as long as each contains all before it. A reset that cuts begins another one.
 * Its units count bytes, and one for each event that brings none.
 */
export interface Chain {
  readonly serial: number
  readonly file: HostFile | null
  readonly recs: Rec[]
  readonly nodes: Node[]
  units: number
  /** What the next event contains of other chains. */
  past: Vector
  /** The greatest key so far; null before the first. */
  key: Key | null
  component: Component
  /** How far other chains are known to be contained, as of `at` units of this one. */
  readonly cover: Map<Chain, { at: number; upTo: number }>
  /** Of a chain that a reset began: its malformed records stay out of a union while the reset loses something. */
  readonly malformed: Item[]
  reset: Node | null
  /** Set where records were still missing when another reset ended this chain. */
  lost: boolean
  /** Of a reset in a format that rewrites: what it replaces, as long as it is not known to be whole. */
  replaces: { readonly tips: readonly Node[]; readonly dropped: readonly Item[] } | null
}

export interface Node {
  readonly id: string
  readonly ref: EventRef
  readonly source: StreamEvent
  readonly host: HostId
  readonly key: Key
  readonly chain: Chain
  /** Units of its chain before and after it. */
  readonly start: number
  readonly end: number
  /** What it contains of other chains. */
  past: Vector
  /** Whose heads it says to contain, and its own previous event. */
  readonly parents: readonly Node[]
  readonly recs: Rec[]
  readonly bytes: Uint8Array
  /** Where those bytes really are, for a base whose source is another stream's. */
  readonly pieces: readonly Piece[] | null
  /** Ordered: the last item of the text that ends here. Whole: the value. */
  item: Item | null
  /** The writer's file after it. */
  readonly text: LinedText | null
  textEnd: number
  /** Whether the writer's file, up to `textEnd`, is what `item` says. */
  exact: boolean
  /** The record that a later write-back made of its unterminated tail. */
  closed: Rec | null
  readonly resolve: ResolveFacts | null
}

export interface ResolveFacts {
  readonly choice: string
  readonly heads: readonly Node[]
  readonly kept: ReadonlySet<Item>
  readonly undone: boolean
}

/** A file of one log. */
export interface HostFile {
  readonly id: string
  readonly log: string
  readonly host: HostId
  readonly root: string
  readonly path: string
  epoch: number
  text: LinedText
  chain: Chain | null
  state: 'live' | 'removed' | 'moved'
  /** True once a newer log of the same host goes on from it. */
  continued: boolean
  /** True once an event of its own brought bytes. */
  wrote: boolean
  lastOffset: number
  lastKey: Key
  /** Ordered: the text that the next append continues; `physical`: the text on disk. */
  logical: Item | null
  physical: Item | null
  /** Write-backs since the last own event, with what they contain. */
  writes: { readonly heads: readonly Node[]; readonly item: Item | null }[]
  /** What resets dropped and nothing brought back, with the reset that did. */
  readonly drops: Map<Item, Node>
  readonly epochs: Map<number, LinedText>
  /** Bytes of the open line are withheld, so it is no record. */
  broken: boolean
}

/** Chains that share a record or an ancestor. */
export interface Component {
  parent: Component | null
  readonly serial: number
  size: number
  /** Whether any chain of it has a record. */
  hasRecords: boolean
  first: Place | null
}

/** How many units of a chain a node contains. */
export function reach(node: Node, chain: Chain): number {
  return node.chain === chain ? node.end : (node.past.get(chain) ?? 0)
}

/** Whether `inner` is `outer` or in its past. */
export function isWithin(inner: Node, outer: Node): boolean {
  return reach(outer, inner.chain) >= inner.end
}
