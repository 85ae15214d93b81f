import { formatNamed } from '../../src/engine/formats/format.js'
import type { WatchedRoot } from '../../src/engine/record/watched-root.js'

export const home = '/home/u'

const dayMs = 24 * 60 * 60 * 1000

function root(name: string, format: string, base: string, cleanupAgeMs: number): WatchedRoot {
  const rules = formatNamed(format)
  return {
    name,
    format: rules,
    base: `${home}/${base}`,
    admits: () => true,
    mayHold: (folder) => rules.mayHold(folder),
    cleanupAgeMs,
  }
}

/** One root of each kind that records differently. */
export const simulatedRoots: readonly WatchedRoot[] = [
  root('claude', 'claude', '.claude/projects', 30 * dayMs),
  root('todos', 'file', '.claude/todos', 30 * dayMs),
  root('messages', 'messages', 'broker', Number.POSITIVE_INFINITY),
  root('codex', 'codex', '.codex/sessions', Number.POSITIVE_INFINITY),
]

/** The root that a path of the disk lies in, and the path within it. */
export function placeOf(absolute: string): { root: WatchedRoot; path: string } | null {
  const found = simulatedRoots.find(({ base }) => absolute.startsWith(`${base}/`))
  return found ? { root: found, path: absolute.slice(found.base.length + 1) } : null
}
