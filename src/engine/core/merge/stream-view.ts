import { HoldfastError } from '../errors.js'
import type { EventRef, HostId, Piece } from '../event.js'
import { copyWithin } from './branches.js'
import { componentOf, componentStates } from './components-view.js'
import { rootOf } from './components.js'
import { deriveConflicts } from './conflicts.js'
import { readSpans } from './contents.js'
import { plainListener, StreamGraph } from './graph.js'
import { type Component, type HostFile, isWithin, type Item, type Node, type Rec } from './model.js'
import { compareTime } from '../clock.js'
import { settleLastWins } from './last-wins.js'
import { comparePlaces, compareText } from './order.js'
import { ItemList, placeOf } from './ordered.js'
import { Intake } from './intake.js'
import {
  continuesText,
  openTail,
  ownTail,
  orderedText,
  type Shown,
  shownBranch,
  shownUnion,
  shownValue,
  tailContinues,
  valueText,
  withTail,
} from './shown.js'
import { emptyText, TextPrefix } from './texts.js'
import { isCopyWithin, Tips } from './tips.js'
import type {
  CanonicalView,
  Conflict,
  HostView,
  MergeFormat,
  StreamEvent,
  StreamText,
  Tail,
  Waiting,
} from './types.js'
import { UnionOrder } from './union-order.js'
import { decidingResolves, lostItems, refreshMalformed, refreshVisibility } from './visibility.js'

/** How an earlier view's bytes compare with the present one's. */
export interface ViewStamp {
  readonly shown: Shown
  readonly version: number
}

/**
 * One stream's events as heads, views and conflicts. Add events in any order, each as it arrives: what it costs follows
 * what it brings. Equal sets of events give equal answers. The bytes of events are kept by reference, never copied.
 */
export class StreamView {
  readonly #format: MergeFormat
  readonly #intake: Intake
  #graph!: StreamGraph
  #order!: UnionOrder
  #tips!: Tips
  /** Nodes and resolutions of which visibility is up to date. */
  #seen = 0
  #settled: readonly Node[] = []
  #conflicts: { readonly nodes: number; readonly list: readonly Conflict[] } | null = null
  #changes = 0

  constructor(format: MergeFormat) {
    this.#format = format
    this.#intake = new Intake(() => this.#begin())
  }

  /** Returns false for an event that is known already. */
  add(event: StreamEvent): boolean {
    const isNew = this.#intake.add(event)
    if (isNew) this.#changes++
    return isNew
  }

  /** Every causal head, by log and offset: what a resolution of everything covers. */
  heads(): EventRef[] {
    return refs(this.#current().heads)
  }

  waiting(): Waiting[] {
    return this.#intake.waiting()
  }

  view(): CanonicalView {
    const graph = this.#current()
    const primary = componentStates(graph)[0]
    const common = { tails: this.#tails(graph), incomplete: graph.incomplete }
    if (!primary) return { text: emptyText, state: 'empty', heads: [], ...common }
    const { component, state } = primary
    const { shown, heads } = this.#show(component)
    return { text: shown.text, state, heads, ...common }
  }

  /** To be kept and given to `unchangedSince` later. */
  stamp(): ViewStamp {
    const primary = componentStates(this.#current())[0]
    const shown = primary ? this.#show(primary.component).shown : noText
    return { shown, version: shown.order?.version ?? shown.file?.length ?? 0 }
  }

  /** How many of the view's first bytes are surely those that it had at `stamp`. */
  unchangedSince(stamp: ViewStamp): number {
    const { shown } = this.stamp()
    const least = Math.min(stamp.shown.complete, shown.complete)
    if (shown.order && shown.order === stamp.shown.order) return shown.order.unchangedSince(stamp.version)
    if (shown.file && shown.file === stamp.shown.file) return least
    return 0
  }

  /** What the host's file should be. */
  viewFor(host: HostId): HostView {
    const graph = this.#current()
    const { incomplete } = graph
    const file = fileOfHost(graph, host)
    if (file && file.state !== 'live') return { text: null, heads: [], shows: 'absent', incomplete }
    const primary = componentStates(graph)[0]
    if (!primary) return { text: emptyText, heads: [], shows: 'canonical', incomplete }
    const own = file && file.wrote ? componentOf(file) : null
    const component = own?.hasRecords ? own : primary.component
    if (graph.format.shape === 'whole') {
      const { shown, heads } = this.#show(component)
      return { text: shown.text, heads, shows: 'canonical', incomplete }
    }
    return graph.union ? this.#unionFor(graph, component, file) : this.#orderedFor(graph, component, file)
  }

  /** By id. */
  conflicts(): readonly Conflict[] {
    const graph = this.#current()
    if (this.#conflicts?.nodes !== this.#changes) {
      const source = {
        graph,
        tips: this.#tips,
        backwards: (component: Component) => this.#order.of(component).backwards(),
      }
      this.#conflicts = { nodes: this.#changes, list: deriveConflicts(source) }
    }
    return this.#conflicts.list
  }

  /** All that a head contains, as a text of its own; null for an event that is not here. */
  branchText(head: EventRef): StreamText | null {
    const node = this.#current().find(head)
    if (!node) return null
    if (this.#format.shape === 'whole') return valueText(node)
    if (this.#format.shape === 'ordered') return this.#completeText(orderedText(this.#graph, node))
    const copies: Rec[] = []
    for (const item of this.#order.items) {
      const copy = this.#tips.holds(node, item) ? copyWithin(item, node) : null
      if (copy) copies.push(copy)
    }
    return new ItemList(copies.sort(comparePlaces).map(({ item }) => item))
  }

  /**
   * All that heads contain, in canonical order, as a text of its own: also of unrelated ones, and with malformed records
   * that the view leaves out after a lossy reset left out here too. For records only.
   */
  unionText(heads: readonly EventRef[]): StreamText {
    const graph = this.#current()
    const nodes = heads.map((head) => graph.find(head)).filter((node) => node !== undefined)
    for (const { component } of componentStates(graph)) this.#show(component)
    const items = this.#order.items.filter(
      (item) => item.visible && nodes.some((node) => this.#tips.holds(node, item)),
    )
    return new ItemList(items.sort((a, b) => comparePlaces(placeOf(a), placeOf(b))))
  }

  /** The bytes of pieces of this stream's events. Throws INTERNAL where one is not here. */
  read(pieces: readonly Piece[]): Uint8Array {
    const spans = this.#current().spansOf(pieces)
    if (typeof spans === 'string') throw new HoldfastError('INTERNAL', `bytes of ${spans} are not here`)
    return readSpans(spans)
  }

  #begin(): StreamGraph {
    const union = this.#format.shape === 'tree' || this.#format.shape === 'records'
    this.#order = new UnionOrder(this.#format)
    this.#graph = new StreamGraph(this.#format, union ? this.#order : plainListener)
    this.#tips = new Tips(this.#graph)
    this.#seen = 0
    this.#settled = []
    return this.#graph
  }

  /** The graph with every event in it and visibility decided. */
  #current(): StreamGraph {
    const graph = this.#intake.graph()
    if (!graph.union || this.#seen === this.#changes) {
      graph.added = []
      return graph
    }
    this.#seen = this.#changes
    const deciding = decidingResolves(graph)
    const same =
      deciding.length === this.#settled.length && deciding.every((node) => this.#settled.includes(node))
    const allKnow = graph.added.every((node) => deciding.every((resolve) => isWithin(resolve, node)))
    if (!same || !allKnow || this.#order.stale) refreshVisibility(graph, this.#order)
    else refreshMalformed(graph, this.#order)
    graph.added = []
    this.#order.stale = false
    this.#settled = deciding
    return graph
  }

  #show(component: Component): { shown: Shown; heads: EventRef[] } {
    const graph = this.#graph
    const tips = this.#tips.of(component)
    if (graph.union) {
      settleLastWins(this.#order, this.#tips, tips, component)
      return { shown: shownUnion(this.#tips, this.#order, component), heads: refs(headsIn(graph, component)) }
    }
    const node = graph.format.shape === 'whole' ? shownValue(graph, tips) : shownBranch(graph, tips)
    if (!node) return { shown: noText, heads: [] }
    const contained = headsIn(graph, component).filter((head) => this.#tips.isBehind(head, node))
    if (graph.format.shape === 'whole') {
      const text = valueText(node)
      return { shown: { text, complete: text.length, order: null, file: null }, heads: refs(contained) }
    }
    return { shown: orderedText(graph, node), heads: refs(contained) }
  }

  #unionFor(graph: StreamGraph, component: Component, file: HostFile | null): HostView {
    const { incomplete } = graph
    const { shown } = this.#show(component)
    const order = this.#order.of(component)
    const lost = new Set(file ? lostItems(graph, file) : [])
    const wanted = lost.size === 0 ? order : new ItemList([...order].filter((item) => !lost.has(item)))
    const heads = headsIn(graph, component).filter((head) => ![...lost].some((item) => holdsCopy(head, item)))
    const common = { heads: refs(heads), incomplete }
    if (file && hasExactly(file, wanted)) {
      return { text: new TextPrefix(file.text, file.text.length), shows: 'own', ...common }
    }
    const shows = lost.size > 0 ? 'less-dropped' : 'canonical'
    const tail = file && ownTail(file)
    if (tail) return { text: withTail(wanted, tail, this.#tips), shows, ...common }
    if (lost.size > 0) return { text: wanted, shows, ...common }
    return { text: new TextPrefix(shown.text, shown.complete), shows, ...common }
  }

  #orderedFor(graph: StreamGraph, component: Component, file: HostFile | null): HostView {
    const { incomplete } = graph
    const { root } = graph.items
    const tips = this.#tips.of(component)
    const node = file?.chain?.nodes.at(-1)
    const canonical = shownBranch(graph, tips)
    if (!canonical) return { text: emptyText, heads: [], shows: 'canonical', incomplete }
    let shows: HostView['shows'] = 'canonical'
    let chosen = canonical
    if (file && node) {
      if (tips.includes(node)) {
        chosen = node
        shows = 'branch'
      } else if (!continuesText(node, canonical, root)) {
        const own = tips.find((tip) => continuesText(node, tip, root))
        if (own) [chosen, shows] = [own, 'branch']
      }
      const tail = ownTail(file)
      const keepsTail = tail !== null && !tailContinues(tail, chosen.item ?? root, node.item?.depth ?? 0)
      if (chosen === node || keepsTail) {
        const heads = refs(headsIn(graph, component).filter((head) => this.#tips.isBehind(head, node)))
        const asIs = file.logical === file.physical
        return {
          text: asIs ? new TextPrefix(file.text, file.text.length) : orderedText(graph, node).text,
          heads,
          shows: 'own',
          incomplete,
        }
      }
    }
    const heads = refs(headsIn(graph, component).filter((head) => this.#tips.isBehind(head, chosen)))
    return { text: this.#completeText(orderedText(graph, chosen)), heads, shows, incomplete }
  }

  /** Without an unterminated tail, unless a whole file of this format has none of its own. */
  #completeText(shown: Shown): StreamText {
    if (shown.complete === shown.text.length) return shown.text
    if (this.#format.rewrites && shown.file) {
      const bytes = readSpans([...shown.file.spans(0, shown.text.length)])
      if (this.#format.wellFormed(bytes)) return shown.text
    }
    return new TextPrefix(shown.text, shown.complete)
  }

  #tails(graph: StreamGraph): Tail[] {
    if (graph.format.shape === 'whole') return []
    const tails: Tail[] = []
    for (const file of [...graph.files.values()].sort((a, b) => compareText(a.id, b.id))) {
      const tail = file.continued ? null : openTail(file)
      if (!tail) continue
      const pieces = tail.text.slice()
      tails.push({ host: file.host, path: file.path, length: tail.text.length, pieces })
    }
    return tails.sort((a, b) => compareText(a.host, b.host) || compareText(a.path, b.path))
  }
}

const noText: Shown = { text: emptyText, complete: 0, order: null, file: null }

/** An empty view of a stream in the given format. */
export function createStreamView(format: MergeFormat): StreamView {
  return new StreamView(format)
}

/** The file that a host has of a stream: of several logs' the one that is there and was touched last. */
function fileOfHost(graph: StreamGraph, host: HostId): HostFile | null {
  let best: HostFile | null = null
  for (const file of graph.files.values()) {
    if (file.host !== host || file.lastOffset < 0 || file.continued) continue
    if (best === null || isBetter(file, best)) best = file
  }
  return best
}

function isBetter(a: HostFile, b: HostFile): boolean {
  if ((a.state === 'live') !== (b.state === 'live')) return a.state === 'live'
  return (compareTime(a.lastKey, b.lastKey) || compareText(a.id, b.id)) > 0
}

function headsIn(graph: StreamGraph, component: Component): Node[] {
  const root = rootOf(component)
  return [...graph.heads].filter((head) => rootOf(head.chain.component) === root)
}

function refs(nodes: Iterable<Node>): EventRef[] {
  return [...nodes]
    .sort((a, b) => compareText(a.ref.log, b.ref.log) || a.ref.offset - b.ref.offset)
    .map((node) => node.ref)
}

function holdsCopy(node: Node, item: Item): boolean {
  return item.copies.some((copy) => isCopyWithin(copy, node))
}

/** Whether a file's lines are just these items, in whatever order. */
function hasExactly(file: HostFile, items: Iterable<Item> & { readonly count: number }): boolean {
  const { text } = file
  if (text.lines !== items.count) return false
  const own = new Set<Item | null>()
  for (let line = 0; line < text.lines; line++) own.add(text.item(line))
  for (const item of items) if (!own.has(item)) return false
  return true
}
