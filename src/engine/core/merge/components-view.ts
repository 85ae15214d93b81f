import { rootOf } from './components.js'
import type { StreamGraph } from './graph.js'
import type { Component, HostFile } from './model.js'
import { comparePlaces } from './order.js'
import type { StreamState } from './types.js'

/** What stands in a stream beside other texts. */
export interface ComponentState {
  readonly component: Component
  readonly state: Exclude<StreamState, 'empty'>
}

const rank = { live: 0, removed: 1, moved: 2 } as const

/**
 * The texts of a stream that share nothing, in the order in which they are shown: those that somebody who wrote them
 * still has, then the removed, then those that live on elsewhere or that their writers left for another text; among
 * equals the one that began first. A mirror does not keep a text alive that its writers have left.
 */
export function componentStates(graph: StreamGraph): ComponentState[] {
  const states = new Map<Component, ComponentState['state']>()
  for (const chain of graph.chains) states.set(rootOf(chain.component), 'moved')
  for (const file of graph.files.values()) {
    const component = componentOf(file)
    if (component === null || !file.wrote || file.continued) continue
    const known = states.get(component) ?? 'moved'
    if (rank[file.state] < rank[known]) states.set(component, file.state)
  }
  // Half a line shares nothing, yet is nobody's text: its host is merely behind.
  const some = [...states.keys()].some(({ hasRecords }) => hasRecords)
  return [...states]
    .map(([component, state]) => ({ component, state }))
    .filter(({ component }) => component.first !== null && (component.hasRecords || !some))
    .sort((a, b) => {
      const [x, y] = [a.component.first, b.component.first]
      return rank[a.state] - rank[b.state] || (x && y ? comparePlaces(x, y) : 0)
    })
}

/** What a host's file belongs to; null where nothing of its own says so. */
export function componentOf(file: HostFile): Component | null {
  return file.chain ? rootOf(file.chain.component) : null
}
