import type { EventRef } from '../event.js'
import type { StreamGraph } from './graph.js'
import type { Node } from './model.js'

/**
 * applied; or the `log:offset` of the event that it waits for, null where an earlier extent of its own file is missing.
 * ignored: nothing of a stream's text.
 */
export type Applied = 'applied' | 'ignored' | { readonly missing: string | null }

export const gap: Applied = { missing: null }

/** What a `base` waits for: any event may be the one that its source's epoch lacks. */
export const epochWait = 'epoch'

/** The nodes of references; the id of the first that is not here. */
export function findAll(graph: StreamGraph, refs: readonly EventRef[]): Node[] | string {
  const nodes: Node[] = []
  for (const ref of refs) {
    const node = graph.find(ref)
    if (!node) return `${ref.log}:${ref.offset}`
    nodes.push(node)
  }
  return nodes
}
