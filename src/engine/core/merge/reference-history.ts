import { undoneAmong } from './intake.js'
import { applyToFile } from './reference-file.js'
import { fileOf, find } from './reference-past.js'
import { resolve } from './reference-resolve.js'
import { type History, idOf } from './reference-types.js'
import type { MergeFormat, StreamEvent } from './types.js'

/** Reads a history the plain way: one event after another, with every past as an explicit set. */
export function readHistory(sources: readonly StreamEvent[], format: MergeFormat): History {
  const history: History = { events: new Map(), copies: [], files: new Map(), waiting: [] }
  const undone = undoneAmong(sources)
  const queues = new Map<string, StreamEvent[]>()
  const seen = new Set<string>()
  for (const source of sources) {
    const { log, offset, body } = source.event
    if (seen.has(`${log}:${offset}`)) continue
    seen.add(`${log}:${offset}`)
    const key = 'epoch' in body ? `${log}|${body.file.root}|${body.file.path}` : `${log}:${offset}`
    queues.set(
      key,
      [...(queues.get(key) ?? []), source].sort((a, b) => a.event.offset - b.event.offset),
    )
  }
  for (let moved = true; moved;) {
    moved = false
    for (const [key, queue] of queues) {
      while (queue[0] && step(history, format, key, queue[0], undone.has(idOf(queue[0])))) {
        queue.shift()
        moved = true
      }
    }
  }
  for (const queue of queues.values()) history.waiting.push(...queue.map(idOf))
  history.waiting.sort()
  return history
}

/** Takes one event; false where something before it is missing. */
function step(
  history: History,
  format: MergeFormat,
  fileKey: string,
  source: StreamEvent,
  undone: boolean,
): boolean {
  const { body } = source.event
  const parents = find(history, source.event.parents)
  if (!parents) return false
  if (body.kind === 'resolve') return resolve(history, format, source, parents, undone)
  if (!('epoch' in body)) return true
  const file = fileOf(history, fileKey)
  if (!applyToFile(history, format, file, source, body, parents)) return false
  file.epochs.set(file.epoch, [...file.cells])
  return true
}
