import { HoldfastError } from '../core/errors.js'
import { isFileEvent } from '../core/event.js'
import type { ConflictStatus } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'
import type { LoggedFile, LogInfo, LogReader } from '../ports/log.js'
import type { StreamEntry, StreamFile, StreamIndex } from '../streams/stream-index.js'
import type { Streams } from '../streams/streams.js'
import { conflictName } from './conflict-id.js'

/** Where the census is kept between processes: one text. */
export interface CensusStore {
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

interface CensusTools {
  readonly reader: LogReader
  readonly hasher: Hasher
}

/** How many conflicts of each status a stream has, and what they are called over all streams. */
export interface Tally extends Readonly<Record<ConflictStatus, number>> {
  readonly ids: readonly string[]
}

interface Saved {
  readonly version: number
  readonly logs: Readonly<Record<string, string>>
  readonly streams: readonly (readonly [
    key: string,
    open: number,
    merged: number,
    resolved: number,
    ids: readonly string[],
  ])[]
}

/** Raised when the rules of the merge change what a conflict is. */
const censusVersion = 2
const savedMaxChars = 4 * 1024 * 1024
/** With this many more events it is saved anew, whether or not it changed. */
const saveEveryEvents = 256
/** More new events than this are not looked at one by one. */
const newEventsMax = 4096

/**
 * Which streams have conflicts. Merging every session for each `status` would read them all, so only streams that events
 * touched since are looked at again, also after the process ended.
 */
export class ConflictCensus {
  readonly #reader: LogReader
  readonly #hasher: Hasher
  readonly #streams: Streams
  readonly #store: CensusStore
  readonly #tallies = new Map<string, Tally>()
  /** Streams to look at again; null: all. */
  #stale: Set<string> | null = null
  #saved: { readonly streams: string; readonly events: number } | null = null
  #turn: Promise<unknown> = Promise.resolve()

  private constructor({ reader, hasher }: CensusTools, streams: Streams, store: CensusStore) {
    this.#reader = reader
    this.#hasher = hasher
    this.#streams = streams
    this.#store = store
  }

  static async load(tools: CensusTools, streams: Streams, store: CensusStore): Promise<ConflictCensus> {
    const census = new ConflictCensus(tools, streams, store)
    // Listening before looking: nothing falls between the two.
    const early = new Set<string>()
    streams.onTouched((keys) => {
      for (const key of keys) (census.#stale ?? early).add(key)
    })
    const stale = await census.#restore()
    for (const key of stale ?? []) early.add(key)
    if (stale !== null) census.#stale = early
    return census
  }

  /** Every stream that has conflicts, by key. Looks at what changed since it was last asked. */
  tallies(): Promise<ReadonlyMap<string, Tally>> {
    const result = this.#turn.then(() => this.#bringUp())
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #bringUp(): Promise<ReadonlyMap<string, Tally>> {
    const logs = signatures(this.#reader.logs())
    const index = await this.#streams.index()
    if (this.#stale === null) {
      this.#tallies.clear()
      this.#stale = new Set([...index.all()].map(({ stream }) => stream.key))
    }
    const stale = this.#stale
    for (const key of [...stale].sort()) {
      // Taken out before it is looked at: what arrives meanwhile brings it back.
      stale.delete(key)
      try {
        const entry = index.get(key)
        const tally = entry && (await mayConflict(this.#reader, entry)) ? await this.#look(key) : undefined
        if (tally) this.#tallies.set(key, tally)
        else this.#tallies.delete(key)
      } catch (error) {
        stale.add(key)
        throw error
      }
    }
    await this.#save(logs)
    return this.#tallies
  }

  async #look(key: string): Promise<Tally | undefined> {
    const counts = { open: 0, merged: 0, resolved: 0 }
    const ids: string[] = []
    await this.#streams.view(key, (view) => {
      for (const { id, status } of view.conflicts()) {
        counts[status]++
        ids.push(conflictName(this.#hasher, key, id))
      }
    })
    return ids.length > 0 ? { ...counts, ids } : undefined
  }

  async #save(logs: Readonly<Record<string, string>>): Promise<void> {
    const streams = [...this.#tallies]
      .map(([key, { open, merged, resolved, ids }]) => [key, open, merged, resolved, ids] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    const events = eventsOf({ logs })
    const same = JSON.stringify(streams)
    // Where only more was recorded, the next process looks at that little again: no write for every append.
    if (same === this.#saved?.streams && events - this.#saved.events < saveEveryEvents) return
    const saved: Saved = { version: censusVersion, logs, streams }
    const text = JSON.stringify(saved)
    if (text.length > savedMaxChars) return
    await this.#store.save(text)
    this.#saved = { streams: same, events }
  }

  /** @returns the streams that changed since it was saved; null where that can't be told */
  async #restore(): Promise<Set<string> | null> {
    const text = await this.#store.load()
    const saved = text === undefined ? null : parseSaved(text)
    if (!saved) return null
    const index = await this.#streams.index()
    const touched = await touchedSince(this.#reader, index, saved.logs)
    if (touched === null) return null
    this.#saved = { streams: JSON.stringify(saved.streams), events: eventsOf(saved) }
    for (const [key, open, merged, resolved, ids] of saved.streams)
      this.#tallies.set(key, { open, merged, resolved, ids })
    return touched
  }
}

/** Streams that one host alone wrote, without ever dropping a byte, can't conflict: seen without reading a session. */
export async function mayConflict(reader: LogReader, { files, resolutions }: StreamEntry): Promise<boolean> {
  if (resolutions.length > 0) return true
  const writers: StreamFile[] = []
  for (const each of files) {
    if (files.length > 1 && !(await hasOwn(reader, each))) continue
    writers.push(each)
    if (writers.length > 1) return true
  }
  const [only] = writers
  return only !== undefined && ((await reader.lastRow(only.file))?.epoch ?? 0) > 0
}

/** Whether a host ever did more to a file than have it written for it. */
async function hasOwn(reader: LogReader, { file }: StreamFile): Promise<boolean> {
  for await (const { kind } of reader.history(file)) if (kind !== 'written') return true
  return false
}

/** What of each log is here. A hole that is filled changes it as well. */
function signatures(logs: readonly LogInfo[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { log, events, lost } of logs.toSorted((a, b) => (a.log < b.log ? -1 : 1)))
    found[log] = `${events}${lost.map(({ from, to }) => ` ${from}-${to}`).join('')}`
  return found
}

/** @returns the keys of streams that changed since; null where every stream may be another one */
async function touchedSince(
  reader: LogReader,
  index: StreamIndex,
  then: Readonly<Record<string, string>>,
): Promise<Set<string> | null> {
  const now = signatures(reader.logs())
  if (Object.keys(then).some((log) => now[log] === undefined)) return null
  const changed = reader.logs().filter(({ log }) => now[log] !== then[log])
  const starts = new Map(changed.map((info) => [info.log, knownUntil(info, then[info.log])]))
  for await (const { event } of reader.hostEvents(['alias']))
    if (event.offset >= (starts.get(event.log) ?? Number.POSITIVE_INFINITY)) return null
  const touched = new Set<string>()
  for (const info of changed)
    for (const file of await filesSince(reader, info, starts.get(info.log) ?? 0)) {
      const key = index.ofFile(file)?.stream.key
      if (key !== undefined) touched.add(key)
    }
  for (const { stream, resolutions } of index.all())
    if (resolutions.some(({ log, offset }) => offset >= (starts.get(log) ?? Number.POSITIVE_INFINITY)))
      touched.add(stream.key)
  return touched
}

/** How many of a log's first events are as they were; none where it had holes, which may have been filled. */
function knownUntil({ events }: LogInfo, signature: string | undefined): number {
  const known = Number(signature ?? 'NaN')
  return known <= events ? known : 0
}

async function filesSince(reader: LogReader, { log, events }: LogInfo, from: number): Promise<LoggedFile[]> {
  const all = (): LoggedFile[] => [...reader.files()].filter((file) => file.log === log)
  if (from === 0 || events - from > newEventsMax) return all()
  const found = new Map<number, LoggedFile>()
  try {
    for await (const { event } of reader.scan(log, from, events)) {
      const file = isFileEvent(event.body) ? reader.file(log, event.body.file) : undefined
      if (file) found.set(file.no, file)
    }
  } catch (error) {
    // What can't be read may have been of any of them.
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return all()
    throw error
  }
  return [...found.values()]
}

function parseSaved(text: string): Saved | null {
  try {
    const value = JSON.parse(text) as Saved
    const sound =
      value.version === censusVersion &&
      typeof value.logs === 'object' &&
      Array.isArray(value.streams) &&
      value.streams.every(isSavedRow)
    return sound ? value : null
  } catch {
    // It is derived: without it everything is looked at once.
    return null
  }
}

/** How many events the logs had together. */
function eventsOf({ logs }: Pick<Saved, 'logs'>): number {
  return Object.values(logs).reduce((sum, signature) => sum + Number.parseInt(signature, 10), 0)
}

function isSavedRow([key, open, merged, resolved, ids]: Saved['streams'][number]): boolean {
  const counted = [open, merged, resolved].every((count) => Number.isSafeInteger(count))
  return typeof key === 'string' && counted && Array.isArray(ids) && ids.every((id) => typeof id === 'string')
}
