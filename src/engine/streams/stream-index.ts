import { HoldfastError } from '../core/errors.js'
import { isFileEvent, type EventId, type HostId, type LogId } from '../core/event.js'
import { emptyProjectMap, type ProjectMap } from '../core/project-map.js'
import type { Stream } from '../core/stream.js'
import { companionFolderOf } from '../formats/session-file.js'
import type { LoggedFile, LogReader, OffsetRange } from '../ports/log.js'
import { projectMap } from '../replay/select.js'
import { streamOfFile } from '../replay/stream-of.js'

/** One host's file of a stream, in one of its logs. */
export interface StreamFile {
  readonly file: LoggedFile
  readonly host: HostId
}

/** A stream with every file of it that any log here knows. */
export interface StreamEntry {
  readonly stream: Stream
  /** By log, then path. Never empty. */
  readonly files: readonly StreamFile[]
  /** `resolve` events of it, in no particular order. */
  readonly resolutions: readonly EventId[]
}

/** A range larger than this is not read event by event: every file of its log counts as touched. */
const scanMaxEvents = 512

interface Row {
  stream: Stream
  readonly files: Map<number, StreamFile>
  readonly resolutions: EventId[]
}

/**
 * Which files, in all logs, are one stream. Derived, kept in memory, and moved on by `note` as events arrive. Facts
 * improve and aliases arrive, so a file may go over to another stream; both count as touched then.
 */
export class StreamIndex {
  readonly #reader: LogReader
  readonly #rows = new Map<string, Row>()
  readonly #keys = new Map<number, string>()
  readonly #resolved = new Map<string, string>()
  /** The working directory that each file named when it was placed. */
  readonly #cwds = new Map<number, string | null>()
  #loading = false
  #map: ProjectMap = emptyProjectMap

  private constructor(reader: LogReader) {
    this.#reader = reader
  }

  static async load(reader: LogReader): Promise<StreamIndex> {
    const index = new StreamIndex(reader)
    await index.#reload()
    return index
  }

  /** The project map that streams are derived with. */
  get map(): ProjectMap {
    return this.#map
  }

  get(key: string): StreamEntry | undefined {
    const row = this.#rows.get(key)
    return row && row.files.size > 0 ? entryOf(row) : undefined
  }

  /** Every stream, by key. */
  *all(): Generator<StreamEntry> {
    for (const key of [...this.#rows.keys()].sort()) {
      const entry = this.get(key)
      if (entry) yield entry
    }
  }

  /** The stream that a file belongs to, if any log here knows the file. */
  ofFile(file: LoggedFile): StreamEntry | undefined {
    const key = this.#keys.get(file.no)
    return key === undefined ? undefined : this.get(key)
  }

  /** Takes in events that became durable. @returns the keys of the streams that they touch, sorted */
  async note(log: LogId, range: OffsetRange): Promise<string[]> {
    const touched = new Set<string>()
    if (range.to - range.from > scanMaxEvents) await this.#noteLog(log, touched)
    else await this.#noteEvents(log, range, touched)
    return [...touched].sort()
  }

  async #noteEvents(log: LogId, { from, to }: OffsetRange, touched: Set<string>): Promise<void> {
    for (let offset = from; offset < to; offset++) {
      const body = await this.#body({ log, offset })
      if (!body) continue
      if (isFileEvent(body)) {
        const file = this.#reader.file(log, body.file)
        if (file) this.#place(file, touched)
      } else if (body.kind === 'resolve') await this.#addResolution({ log, offset }, touched)
      else if (body.kind === 'alias') {
        for (const key of await this.#reload()) touched.add(key)
      }
    }
  }

  /** Everything of a log, without reading its events one by one. */
  async #noteLog(log: LogId, touched: Set<string>): Promise<void> {
    const aliases = JSON.stringify(await projectMapRows(this.#reader))
    if (aliases !== JSON.stringify(mapRows(this.#map)))
      for (const key of await this.#reload()) touched.add(key)
    for (const file of this.#reader.files()) if (file.log === log) this.#place(file, touched)
    await this.#loadResolutions(touched)
  }

  /** Derives everything anew. @returns the keys of streams that are not what they were, or that are new */
  async #reload(): Promise<Set<string>> {
    const before = new Map(this.#keys)
    this.#rows.clear()
    this.#keys.clear()
    this.#resolved.clear()
    this.#map = await projectMap(this.#reader)
    const touched = new Set<string>()
    this.#cwds.clear()
    this.#loading = true
    for (const file of this.#reader.files()) {
      const key = this.#place(file, new Set())
      const old = before.get(file.no)
      if (old === key || key === null) continue
      touched.add(key)
      if (old !== undefined) touched.add(old)
    }
    this.#loading = false
    await this.#loadResolutions(touched)
    return touched
  }

  async #loadResolutions(touched: Set<string>): Promise<void> {
    for await (const { event } of this.#reader.hostEvents(['resolve']))
      await this.#addResolution(event, touched)
  }

  #place(file: LoggedFile, touched: Set<string>): string | null {
    const info = this.#reader.log(file.log)
    if (!info) return null
    const stream = streamOfFile(this.#reader, file, info.host, this.#map)
    const old = this.#keys.get(file.no)
    if (old !== undefined && old !== stream.key) {
      this.#rows.get(old)?.files.delete(file.no)
      touched.add(old)
    }
    this.#keys.set(file.no, stream.key)
    const row = this.#row(stream)
    row.files.set(file.no, { file, host: info.host })
    touched.add(stream.key)
    if (this.#cwds.get(file.no) !== file.facts.cwd) this.#placeCompanions(file, touched)
    return stream.key
  }

  /** What stands beside a session goes where the session goes, once the session names its working directory. */
  #placeCompanions({ no, log, facts }: LoggedFile, touched: Set<string>): void {
    const isNew = !this.#cwds.has(no)
    this.#cwds.set(no, facts.cwd)
    const folder = companionFolderOf(facts.format, facts.path)
    // While everything is being placed, each companion finds its session by itself.
    if (folder === null || facts.cwd === null || (isNew && this.#loading)) return
    for (const file of this.#reader.files()) {
      const { root, path, cwd } = file.facts
      if (file.log !== log || root !== facts.root || cwd !== null || file.no === no) continue
      if (path.startsWith(`${folder}/`) || path === `${folder}.meta.json`) this.#place(file, touched)
    }
  }

  #row(stream: Stream): Row {
    const known = this.#rows.get(stream.key)
    if (known) {
      known.stream = stream
      return known
    }
    const row: Row = { stream, files: new Map(), resolutions: [] }
    this.#rows.set(stream.key, row)
    return row
  }

  /**
   * A resolution belongs to the stream of the events that it names: the key in it was derived with the project map of
   * its day.
   */
  async #addResolution({ log, offset }: EventId, touched: Set<string>): Promise<void> {
    const id = `${log}:${offset}`
    const known = this.#resolved.get(id)
    const key = known ?? (await this.#streamOfResolution({ log, offset }, 0))
    if (key === null) return
    touched.add(key)
    if (known !== undefined) return
    this.#resolved.set(id, key)
    this.#rows.get(key)?.resolutions.push({ log, offset })
  }

  async #streamOfResolution(id: EventId, depth: number): Promise<string | null> {
    const body = await this.#body(id)
    if (body?.kind !== 'resolve') return null
    for (const head of body.heads) {
      const named = await this.#body(head)
      if (named && isFileEvent(named)) {
        const file = this.#reader.file(head.log, named.file)
        const key = file && this.#keys.get(file.no)
        if (key !== undefined) return key
      } else if (named?.kind === 'resolve' && depth < 64) {
        const key = await this.#streamOfResolution(head, depth + 1)
        if (key !== null) return key
      }
    }
    return this.#rows.has(body.stream) ? body.stream : null
  }

  async #body(id: EventId) {
    try {
      return (await this.#reader.read(id)).event.body
    } catch (error) {
      // A stub, or damage: it says nothing, and is reported where it matters.
      if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
      throw error
    }
  }
}

function entryOf({ stream, files, resolutions }: Row): StreamEntry {
  const sorted = [...files.values()].sort(
    (a, b) => compare(a.file.log, b.file.log) || compare(a.file.facts.path, b.file.facts.path),
  )
  return { stream, files: sorted, resolutions }
}

async function projectMapRows(reader: LogReader): Promise<unknown> {
  return mapRows(await projectMap(reader))
}

function mapRows(map: ProjectMap): unknown {
  return [map.everywhere, [...map.hosts]]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
