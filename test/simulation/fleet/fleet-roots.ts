import type { WatchedRoot } from '../../../src/engine/record/watched-root.js'
import { dayMs, watchedRoot } from '../roots.js'

/** The roots of one machine of many: one for each way of merging. */
export function fleetRoots(home: string): readonly WatchedRoot[] {
  return [
    watchedRoot('claude', 'claude', `${home}/.claude/projects`, 30 * dayMs),
    watchedRoot('todos', 'file', `${home}/.claude/todos`, 30 * dayMs),
    watchedRoot('messages', 'messages', `${home}/broker`, Infinity),
    watchedRoot('codex', 'codex', `${home}/.codex`, Infinity),
  ]
}
