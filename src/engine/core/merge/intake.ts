import type { EventRef } from '../event.js'
import { applyEvent } from './apply.js'
import { epochWait } from './applied.js'
import { undoChoice } from './apply-resolve.js'
import type { StreamGraph } from './graph.js'
import { compareText } from './order.js'
import type { StreamEvent, Waiting } from './types.js'

interface Waiter {
  readonly source: StreamEvent
  readonly missing: string | null
}

/**
 * Takes events in any order and hands them to a graph in one that it can take: parents first, each file's in the order
 * of their offsets. An event that comes before one already taken of its file, or that undoes a resolution, makes the
 * graph anew at the next `graph()`; all others cost what they bring.
 */
export class Intake {
  readonly #make: () => StreamGraph
  readonly #known = new Map<string, StreamEvent>()
  #graph: StreamGraph
  #stale = false
  #undone: ReadonlySet<string> = new Set()
  /** Waiting events by file (log, root, path), ascending by offset: those behind the first wait as well. */
  #byFile = new Map<string, StreamEvent[]>()
  #waiting = new Map<string, Waiter>()
  #byMissing = new Map<string, Set<string>>()

  constructor(make: () => StreamGraph) {
    this.#make = make
    this.#graph = make()
  }

  /** Returns false for an event that is known already. A stub is replaced by the event that it stands for. */
  add(source: StreamEvent): boolean {
    const id = idOf(source)
    const known = this.#known.get(id)
    if (known && (known.withheld === undefined || source.withheld !== undefined)) return false
    this.#known.set(id, source)
    const { body } = source.event
    if (known || (body.kind === 'resolve' && body.choice === undoChoice)) this.#stale = true
    if (!this.#stale) this.#take(source)
    return true
  }

  graph(): StreamGraph {
    if (this.#stale) this.#rebuild()
    return this.#graph
  }

  /** By log and offset. */
  waiting(): Waiting[] {
    this.graph()
    return [...this.#waiting.values()]
      .map(({ source, missing }) => ({
        log: source.event.log,
        offset: source.event.offset,
        missing: this.#isFirst(source) && missing !== epochWait ? missing : null,
      }))
      .sort((a, b) => compareText(a.log, b.log) || a.offset - b.offset)
  }

  #rebuild(): void {
    this.#graph = this.#make()
    this.#stale = false
    this.#waiting = new Map()
    this.#byMissing = new Map()
    this.#byFile = new Map()
    this.#undone = undoneAmong(this.#known.values())
    const sources = [...this.#known.values()].sort(
      (a, b) => compareText(a.event.log, b.event.log) || a.event.offset - b.event.offset,
    )
    for (const source of sources) this.#take(source)
  }

  #take(source: StreamEvent): void {
    const fileKey = fileKeyOf(source)
    const queue = fileKey === null ? undefined : this.#byFile.get(fileKey)
    if (fileKey !== null && queue && queue.length > 0) {
      const at = queue.findIndex((other) => other.event.offset > source.event.offset)
      if (at !== 0) {
        queue.splice(at === -1 ? queue.length : at, 0, source)
        this.#waiting.set(idOf(source), { source, missing: null })
        return
      }
    }
    this.#try(source)
  }

  #try(first: StreamEvent): void {
    const todo = [first]
    for (let source = todo.pop(); source; source = todo.pop()) {
      const id = idOf(source)
      const fileKey = fileKeyOf(source)
      const file = this.#graph.fileOf(source)
      // Woken twice: by what it waited for, and by the event before it in its file.
      if (this.#graph.nodes.has(id) || file?.lastOffset === source.event.offset) continue
      if (file && file.lastOffset > source.event.offset) {
        this.#stale = true
        return
      }
      const applied = applyEvent(this.#graph, source, this.#undone)
      const queue = fileKey === null ? [] : (this.#byFile.get(fileKey) ?? [])
      if (typeof applied === 'object') {
        this.#wait(source, applied.missing)
        if (fileKey !== null && !queue.includes(source)) {
          const at = queue.findIndex((other) => other.event.offset > source.event.offset)
          queue.splice(at === -1 ? queue.length : at, 0, source)
          this.#byFile.set(fileKey, queue)
        }
        continue
      }
      this.#waiting.delete(id)
      if (queue[0] === source) queue.shift()
      const next = queue[0]
      const woken = [...(this.#byMissing.get(id) ?? []), ...(this.#byMissing.get(epochWait) ?? [])]
      this.#byMissing.delete(id)
      this.#byMissing.delete(epochWait)
      if (next) todo.push(next)
      for (const other of woken) {
        const waiter = this.#waiting.get(other)
        if (waiter && waiter.source !== next && this.#isFirst(waiter.source)) todo.push(waiter.source)
      }
    }
  }

  #wait(source: StreamEvent, missing: string | null): void {
    const id = idOf(source)
    this.#waiting.set(id, { source, missing })
    if (missing === null) return
    const waiters = this.#byMissing.get(missing)
    if (waiters) waiters.add(id)
    else this.#byMissing.set(missing, new Set([id]))
  }

  #isFirst(source: StreamEvent): boolean {
    const fileKey = fileKeyOf(source)
    return fileKey === null || (this.#byFile.get(fileKey)?.[0] ?? source) === source
  }
}

export function idOf(source: StreamEvent): string {
  return `${source.event.log}:${source.event.offset}`
}

function fileKeyOf({ event: { log, body } }: StreamEvent): string | null {
  return 'epoch' in body ? `${log}\0${body.file.root}\0${body.file.path}` : null
}

/** The resolutions that are undone: named by an undoing that is not undone itself. */
export function undoneAmong(sources: Iterable<StreamEvent>): ReadonlySet<string> {
  const undoings = new Map<string, string[]>()
  for (const source of sources) {
    const { body } = source.event
    if (body.kind !== 'resolve' || body.choice !== undoChoice) continue
    for (const head of body.heads) {
      const id = nameOf(head)
      undoings.set(id, [...(undoings.get(id) ?? []), idOf(source)])
    }
  }
  const known = new Map<string, boolean>()
  const isUndone = (id: string): boolean => {
    const found = known.get(id)
    if (found !== undefined) return found
    known.set(id, false)
    const undone = (undoings.get(id) ?? []).some((undoing) => !isUndone(undoing))
    known.set(id, undone)
    return undone
  }
  return new Set([...undoings.keys()].filter((id) => isUndone(id)))
}

function nameOf(ref: EventRef): string {
  return `${ref.log}:${ref.offset}`
}
