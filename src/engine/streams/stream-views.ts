import type { EventId, LogId } from '../core/event.js'
import { createStreamView, type StreamView } from '../core/merge/stream-view.js'
import { mergeFormatOf } from '../formats/rules-merge.js'
import type { StreamEvent } from '../core/merge/types.js'
import { PartedEvents } from './parted-events.js'
import { partedByBases, partedByRefs } from './parted-logs.js'
import { streamEvent, type ReadTools } from './stream-events.js'
import type { StreamEntry, StreamFile } from './stream-index.js'

/** The most payload that kept views hold together; one view alone may hold more. */
export const viewsMaxBytes = 64 * 1024 * 1024

interface Kept {
  readonly view: StreamView
  readonly files: readonly StreamFile[]
  /** The next offset to be read, by the file's number. */
  readonly next: Map<number, number>
  readonly resolutions: Set<string>
  /** Logs of which events here go on from another continuation than is here (see `PartedEvents`). */
  readonly parted: ReadonlySet<LogId>
  /** Files' beginnings in other logs that were not seen to be what they are said to be, by name of the event. */
  readonly bases: Map<string, EventId>
  /** Events of all logs when it was last asked which of them parted. */
  asOf: number
  bytes: number
}

/**
 * Merged views of streams, made from the log. The ones used last are kept, so that an append to a session that is
 * being followed costs its own bytes and not the session's.
 */
export class StreamViews {
  readonly #tools: ReadTools
  readonly #maxBytes: number
  /** Oldest use first. */
  readonly #kept = new Map<string, Kept>()

  constructor(tools: ReadTools, maxBytes = viewsMaxBytes) {
    this.#tools = tools
    this.#maxBytes = maxBytes
  }

  /** The view of all that is here of a stream. Valid until the next call with the same stream. */
  async open(entry: StreamEntry): Promise<StreamView> {
    const { key } = entry.stream
    const known = this.#kept.get(key)
    this.#kept.delete(key)
    const kept = known && continues(known, entry) ? known : this.#fresh(entry)
    let all: Kept = { ...kept, files: entry.files }
    const isNew = known === undefined || kept !== known || (await this.#hasNew(kept, entry))
    // What is known of a parted log decides about all that was said of it: such a stream is made anew.
    if (isNew && kept.parted.size > 0) all = await this.#withoutParted(entry, kept.parted)
    else if (isNew) await this.#addNew(all, entry)
    // What proves that a log parted may be an event of another stream.
    const events = this.#tools.reader.logs().reduce((sum, log) => sum + log.events, 0)
    for (let more = all.asOf !== events; more;) {
      const byRefs = await partedByRefs(this.#tools, all.view)
      const byBases = await partedByBases(this.#tools, all.bases)
      const parted = new Set([...all.parted, ...byRefs, ...byBases])
      more = parted.size > all.parted.size
      if (more) all = await this.#withoutParted(entry, parted)
    }
    all.asOf = events
    this.#kept.set(key, all)
    this.#makeRoom()
    return all.view
  }

  /** Events of a log arrived from this offset on. A view that went past it lacks what a hole or a stub now brings. */
  forgetPast(log: LogId, from: number): void {
    for (const [key, { files, next }] of this.#kept)
      if (files.some(({ file }) => file.log === log && (next.get(file.no) ?? 0) > from))
        this.#kept.delete(key)
  }

  #fresh({ files }: StreamEntry): Kept {
    const facts = files[0]?.file.facts
    const view = createStreamView(mergeFormatOf(facts?.format ?? '', facts?.path ?? ''))
    return {
      view,
      files,
      next: new Map(),
      resolutions: new Set(),
      parted: new Set(),
      bases: new Map(),
      asOf: -1,
      bytes: 0,
    }
  }

  async #hasNew({ next, resolutions }: Kept, entry: StreamEntry): Promise<boolean> {
    if (entry.resolutions.length !== resolutions.size) return true
    for (const { file } of entry.files) {
      const last = await this.#tools.reader.lastRow(file)
      if (last && last.offset >= (next.get(file.no) ?? 0)) return true
    }
    return false
  }

  /** The view of a stream without what its events say of continuations that are not here. */
  async #withoutParted(entry: StreamEntry, parted: ReadonlySet<LogId>): Promise<Kept> {
    const kept: Kept = { ...this.#fresh(entry), parted }
    const events = new PartedEvents(this.#tools, entry, parted)
    for (const file of entry.files) {
      for (const event of await events.of(file)) this.#add(kept, event)
      const last = await this.#tools.reader.lastRow(file.file)
      if (last) kept.next.set(file.file.no, last.offset + 1)
    }
    await this.#addResolutions(kept, entry)
    return kept
  }

  #add(kept: Kept, event: StreamEvent): void {
    kept.view.add(event)
    const { log, offset, body } = event.event
    if (body.kind === 'base' && body.source.log !== log) kept.bases.set(`${log}:${offset}`, { log, offset })
    kept.bytes += ('bytes' in body ? body.bytes.length : 0) + (event.source?.bytes.length ?? 0)
  }

  async #addNew(kept: Kept, entry: StreamEntry): Promise<void> {
    const { reader } = this.#tools
    for (const { file, host } of entry.files) {
      for await (const { log, offset } of reader.history(file, undefined, kept.next.get(file.no) ?? 0)) {
        const event = await streamEvent(this.#tools, entry, { log, offset }, host)
        kept.next.set(file.no, offset + 1)
        if (event) this.#add(kept, event)
      }
    }
    await this.#addResolutions(kept, entry)
  }

  async #addResolutions(kept: Kept, entry: StreamEntry): Promise<void> {
    for (const id of entry.resolutions) {
      const name = `${id.log}:${id.offset}`
      if (kept.resolutions.has(name)) continue
      const host = this.#tools.reader.log(id.log)?.host
      const event = host === undefined ? null : await streamEvent(this.#tools, entry, id, host)
      if (!event) continue
      kept.view.add(event)
      kept.resolutions.add(name)
    }
  }

  #makeRoom(): void {
    let total = 0
    for (const { bytes } of this.#kept.values()) total += bytes
    for (const [key, { bytes }] of this.#kept) {
      if (total <= this.#maxBytes || this.#kept.size === 1) return
      this.#kept.delete(key)
      total -= bytes
    }
  }
}

/** Whether a kept view can go on: a file that left the stream can't be taken out of it. */
function continues({ files }: Kept, entry: StreamEntry): boolean {
  return files.every(({ file }) => entry.files.some((now) => now.file.no === file.no))
}
