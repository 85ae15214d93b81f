import { firstBytesMax } from '../formats/first-records.js'
import type { Cursor } from '../core/cursor.js'
import type { EventRef, FileFacts, NewEvent } from '../core/event.js'
import { limits } from '../core/limits.js'
import type { Commit } from '../ports/log.js'
import { tailOf } from './cursor-of.js'
import type { ObserverTools } from './observer-tools.js'
import type { OpenFile } from './open-file.js'
import type { Seen } from './written-state.js'

const nothingSeen: Seen = { parents: [], written: null }

/** A file at rest this long was not being written while it was read. */
export const quietMs = 2000

/** Reads what stands behind a cursor in bounded extents and commits each batch together with the moved cursor. */
export class ExtentAppender {
  readonly #tools: ObserverTools
  /** Memory for the extents of one commit, used again for the next: the writer copies what it is given. */
  readonly #memory: Uint8Array[] = []
  readonly #firstBytes = new Uint8Array(firstBytesMax)

  constructor(tools: ObserverTools) {
    this.#tools = tools
  }

  /**
   * Records from the cursor to the end as it was at the stat. Bytes that arrive meanwhile are the next observation's,
   * so that one busy file can't hold up the rest.
   *
   * @param events come before the first extent, in the same commit
   * @param alongside other cursors, and intents, that belong to `events`
   * @param seen what whoever added what is read first knew of write-backs before it
   * @returns whether any event was recorded
   */
  async append(
    file: OpenFile,
    from: Cursor,
    events: readonly NewEvent[] = [],
    alongside: Omit<Commit, 'events'> = {},
    seen: Seen = nothingSeen,
  ): Promise<boolean> {
    const { cursors, writer } = this.#tools
    const key = { root: file.root.name, path: file.path }
    // A new file is known by its first event, even where it is empty.
    const isNew = cursors.get(key) === undefined
    let cursor = from
    let before = events
    let others = alongside
    let heads = seen.parents
    for (;;) {
      const extents = this.#read(file, cursor.position)
      const facts = extents.length === 0 ? cursor.facts : this.facts(file, cursor.facts, cursor.position)
      const appends = appendsOf(facts, cursor, extents, heads)
      const read = extents.reduce((sum, extent) => sum + extent.length, 0)
      const position = cursor.position + read
      const atEnd = read === 0 || position >= file.stat.size
      if (isNew && before.length === 0 && appends.length === 0) appends.push(emptyAppend(facts, cursor))
      cursor = {
        ...this.#moved(file, { ...cursor, facts, position }, extents.at(-1), atEnd),
        changedMs: before.length + appends.length > 0 ? this.#tools.clock.now() : cursor.changedMs,
        written: before.length + appends.length > 0 ? seen.written : (cursor.written ?? null),
        checked: atEnd ? this.#checkedAfter(file, from, position) : cursor.checked,
      }
      const all = [...before, ...appends]
      if (all.length === 0) {
        cursors.set(key, cursor)
        return cursor.position > from.position
      }
      const also = { cursors: [{ key, cursor }, ...(others.cursors ?? [])], intents: others.intents ?? [] }
      await cursors.submit({ events: all, ...also }, writer)
      if (atEnd) return true
      before = []
      others = {}
      heads = []
    }
  }

  /** The facts, with the working directory as soon as the file's first bytes name one. */
  facts(file: OpenFile, known: FileFacts, position: number): FileFacts {
    if (known.cwd !== null || position > firstBytesMax) return known
    const cwd = file.root.format.cwd(file.handle.read(0, firstBytesMax, this.#firstBytes))
    return cwd === null ? known : { ...known, cwd }
  }

  #read({ handle, stat }: OpenFile, from: number): Uint8Array[] {
    const extents: Uint8Array[] = []
    let position = from
    while (position < stat.size && position - from + limits.extentMaxBytes <= limits.batchMaxBytes) {
      const wanted = Math.min(limits.extentMaxBytes, stat.size - position)
      const memory = (this.#memory[extents.length] ??= new Uint8Array(limits.extentMaxBytes))
      const extent = handle.read(position, wanted, memory)
      if (extent.length === 0) break
      extents.push(extent)
      position += extent.length
    }
    return extents
  }

  #moved({ handle, stat }: OpenFile, cursor: Cursor, last: Uint8Array | undefined, atEnd: boolean): Cursor {
    return {
      ...cursor,
      ...tailOf(this.#tools.hasher, cursor.position, last, handle),
      state: 'live',
      identity: stat.identity,
      // Only when all is read may size and time say that nothing is new.
      size: atEnd ? cursor.position : -1,
      mtimeMs: atEnd ? stat.mtimeMs : -1,
      suspect: null,
    }
  }

  /** A file read in one go that nobody touched meanwhile needs no second look (see `FileObserver.settle`). */
  #checkedAfter({ handle, stat }: OpenFile, from: Cursor, position: number): number {
    const after = handle.stat()
    const untouched = after.size === stat.size && after.mtimeMs === stat.mtimeMs
    const quiet = this.#tools.clock.now() - after.mtimeMs > quietMs
    return untouched && quiet && from.checked === from.position ? position : 0
  }
}

function appendsOf(
  facts: FileFacts,
  cursor: Cursor,
  extents: readonly Uint8Array[],
  parents: readonly EventRef[],
): NewEvent[] {
  let { position } = cursor
  return extents.map((bytes, index) => {
    const body = { kind: 'append', file: facts, epoch: cursor.epoch, position, bytes } as const
    position += bytes.length
    return index === 0 && parents.length > 0 ? { body, parents } : { body }
  })
}

function emptyAppend(facts: FileFacts, { epoch, position }: Cursor): NewEvent {
  return { body: { kind: 'append', file: facts, epoch, position, bytes: new Uint8Array() } }
}
