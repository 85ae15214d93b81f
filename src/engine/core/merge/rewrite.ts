import { readSpans } from './contents.js'
import type { StreamGraph } from './graph.js'
import type { Chain, HostFile, Node } from './model.js'

/**
 * In a format that rewrites, a whole file of the right form by the host that brought everything it dropped is no fork:
 * it follows what it replaced. Returns what that was, null where nothing is replaced or it isn't known to be whole.
 */
export function settleRewrite(
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
      item.content &&
      !now.has(item.content) &&
      !item.copies.some(({ node }) => node.host === file.host && node.resolve === null),
  )
  if (others) return null
  chain.replaces = null
  file.drops.clear()
  return replaces.tips
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
