import { readSpans } from './contents.js'
import type { StreamGraph } from './graph.js'
import type { HostFile, Item, LinedText, Rec } from './model.js'

/** A file's next generation, with the text that it begins with. */
export function beginEpoch(graph: StreamGraph, file: HostFile, epoch: number, text: LinedText): void {
  file.epoch = epoch
  file.text = text
  file.logical = file.physical = lastItem(graph, text)
  file.writes = []
  file.broken = false
}

/** Ordered: the item in which a text ends. */
export function lastItem(graph: StreamGraph, text: LinedText): Item | null {
  return graph.format.shape === 'ordered' && text.lines > 0 ? text.item(text.lines - 1) : graph.items.root
}

/** After a reset a record must be one to be taken into a union. */
export function noteMalformed(graph: StreamGraph, { node, spans, item }: Rec): void {
  if (!graph.union || !node.chain.reset) return
  if (graph.format.describe(readSpans(spans)) === null) node.chain.malformed.push(item)
}
