import { formatNamed } from '../../src/engine/formats/format.js'
import type { WatchedRoot } from '../../src/engine/record/watched-root.js'

export const home = '/home/u'

export const dayMs = 24 * 60 * 60 * 1000

/** A root as the daemon makes it of the config. `base` is absolute. */
export function watchedRoot(name: string, format: string, base: string, cleanupAgeMs: number): WatchedRoot {
  const rules = formatNamed(format)
  return {
    name,
    format: rules,
    base,
    admits: () => true,
    mayHold: (folder) => rules.mayHold(folder),
    cleanupAgeMs,
  }
}

/** One root of each kind that records differently. */
export const simulatedRoots: readonly WatchedRoot[] = [
  watchedRoot('claude', 'claude', `${home}/.claude/projects`, 30 * dayMs),
  watchedRoot('todos', 'file', `${home}/.claude/todos`, 30 * dayMs),
  watchedRoot('messages', 'messages', `${home}/broker`, Number.POSITIVE_INFINITY),
  watchedRoot('codex', 'codex', `${home}/.codex/sessions`, Number.POSITIVE_INFINITY),
]

/** The root that a path of the disk lies in, and the path within it. */
export function placeOf(
  absolute: string,
  roots: readonly WatchedRoot[] = simulatedRoots,
): { root: WatchedRoot; path: string } | null {
  const found = roots.find(({ base }) => absolute.startsWith(`${base}/`))
  return found ? { root: found, path: absolute.slice(found.base.length + 1) } : null
}
