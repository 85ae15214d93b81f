import type { LogId } from '../core/event.js'
import type { StreamView } from '../core/merge/stream-view.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader, OffsetRange } from '../ports/log.js'
import { StreamIndex, type StreamEntry } from './stream-index.js'
import { StreamViews } from './stream-views.js'

export interface StreamsTools {
  readonly reader: LogReader
  readonly hasher: Hasher
  /** Tells of events that become durable, in any log. Returns how to end it. */
  readonly onAdded: (listener: (log: LogId, range: OffsetRange) => void) => () => void
}

/** Ranges that wait to be taken in; beyond it a log counts as changed all over. */
const waitingMaxRanges = 4096

interface Added {
  readonly log: LogId
  readonly range: OffsetRange
}

/** Every stream of every log here, kept up with what arrives. Calls take turns. */
export class Streams {
  readonly #index: StreamIndex
  readonly #views: StreamViews
  #waiting: Added[]
  readonly #listeners = new Set<(keys: readonly string[]) => void>()
  readonly #end: () => void
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(tools: StreamsTools, index: StreamIndex, early: Added[], end: () => void) {
    this.#index = index
    this.#views = new StreamViews(tools)
    this.#waiting = early
    this.#end = end
  }

  static async load(tools: StreamsTools): Promise<Streams> {
    // Listening before looking: nothing falls between the two.
    const waiting: Added[] = []
    let made: Streams | null = null
    const end = tools.onAdded((log, range) => {
      if (made) made.#add(log, range)
      else waiting.push({ log, range })
    })
    made = new Streams(tools, await StreamIndex.load(tools.reader), waiting, end)
    return made
  }

  /** Called with the keys of streams that changed, when `catchUp` took in what they changed by. Returns how to end it. */
  onTouched(listener: (keys: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes in all that became durable until now. */
  catchUp(): Promise<void> {
    return this.#inTurn(() => this.#catchUp())
  }

  /** The index as of all that became durable until now. */
  async index(): Promise<StreamIndex> {
    await this.catchUp()
    return this.#index
  }

  /** Runs `use` with the merged view of a stream; undefined where there is none of that key. The view is valid only meanwhile. */
  view<T>(
    key: string,
    use: (view: StreamView, entry: StreamEntry) => T | Promise<T>,
  ): Promise<T | undefined> {
    return this.#inTurn(async () => {
      await this.#catchUp()
      const entry = this.#index.get(key)
      return entry && (await use(await this.#views.open(entry), entry))
    })
  }

  /** Listens to nothing from now on. */
  close(): void {
    this.#end()
  }

  #add(log: LogId, range: OffsetRange): void {
    const last = this.#waiting.at(-1)
    if (last?.log === log && last.range.to === range.from)
      this.#waiting[this.#waiting.length - 1] = { log, range: { from: last.range.from, to: range.to } }
    else this.#waiting.push({ log, range })
    if (this.#waiting.length <= waitingMaxRanges) return
    const logs = [...new Set(this.#waiting.map((each) => each.log))]
    this.#waiting = logs.map((each) => ({ log: each, range: { from: 0, to: Number.MAX_SAFE_INTEGER } }))
  }

  async #catchUp(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      const touched = new Set<string>()
      for (const { log, range } of waiting) {
        this.#views.forgetPast(log, range.from)
        for (const key of await this.#index.note(log, range)) touched.add(key)
      }
      const keys = [...touched].sort()
      for (const listener of this.#listeners) listener(keys)
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}
