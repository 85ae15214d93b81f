import type { LogId } from '../core/event.js'
import { createStreamView, type StreamView } from '../core/merge/stream-view.js'
import { mergeFormatOf } from '../formats/rules-merge.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader } from '../ports/log.js'
import { streamEvent } from './stream-events.js'
import type { StreamEntry, StreamFile } from './stream-index.js'

/** The most payload that kept views hold together; one view alone may hold more. */
export const viewsMaxBytes = 64 * 1024 * 1024

interface Kept {
  readonly view: StreamView
  readonly files: readonly StreamFile[]
  /** The next offset to be read, by the file's number. */
  readonly next: Map<number, number>
  readonly resolutions: Set<string>
  bytes: number
}

/**
 * Merged views of streams, made from the log. The ones used last are kept, so that an append to a session that is
 * being followed costs its own bytes and not the session's.
 */
export class StreamViews {
  readonly #reader: LogReader
  readonly #hasher: Hasher
  readonly #maxBytes: number
  /** Oldest use first. */
  readonly #kept = new Map<string, Kept>()

  constructor(tools: { readonly reader: LogReader; readonly hasher: Hasher }, maxBytes = viewsMaxBytes) {
    this.#reader = tools.reader
    this.#hasher = tools.hasher
    this.#maxBytes = maxBytes
  }

  /** The view of all that is here of a stream. Valid until the next call with the same stream. */
  async open(entry: StreamEntry): Promise<StreamView> {
    const { key } = entry.stream
    const known = this.#kept.get(key)
    this.#kept.delete(key)
    const kept = known && continues(known, entry) ? known : this.#fresh(entry)
    const all = { ...kept, files: entry.files }
    await this.#addNew(all, entry)
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
    return { view, files, next: new Map(), resolutions: new Set(), bytes: 0 }
  }

  async #addNew(kept: Kept, entry: StreamEntry): Promise<void> {
    const tools = { reader: this.#reader, hasher: this.#hasher }
    for (const { file, host } of entry.files) {
      for await (const { log, offset } of this.#reader.history(
        file,
        undefined,
        kept.next.get(file.no) ?? 0,
      )) {
        const event = await streamEvent(tools, entry, { log, offset }, host)
        kept.next.set(file.no, offset + 1)
        if (!event) continue
        kept.view.add(event)
        const { body } = event.event
        kept.bytes += ('bytes' in body ? body.bytes.length : 0) + (event.source?.bytes.length ?? 0)
      }
    }
    for (const id of entry.resolutions) {
      const name = `${id.log}:${id.offset}`
      if (kept.resolutions.has(name)) continue
      const host = this.#reader.log(id.log)?.host
      const event = host === undefined ? null : await streamEvent(tools, entry, id, host)
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
