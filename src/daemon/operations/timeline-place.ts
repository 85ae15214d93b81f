import { HoldfastError } from '../../engine/core/errors.js'
import type { HybridTime } from '../../engine/core/event.js'
import type { LogInfo, LogReader } from '../../engine/ports/log.js'

/** Past this many unreadable events in a row the rest of a search goes by what stands before them. */
const unreadableMax = 64

/**
 * Finds places in one log by time. A log's times never run backwards, so halving finds them: a question costs some twenty
 * reads, however long the log is. Answers stay in order even where a log of another host breaks that rule.
 */
export class LogPlaces {
  readonly #reader: LogReader
  readonly #info: LogInfo
  readonly #times = new Map<number, HybridTime | null>()

  constructor(reader: LogReader, info: LogInfo) {
    this.#reader = reader
    this.#info = info
  }

  /** The first offset, from `low` on, whose event is at or after that moment (ms since 1970); the head where none is. */
  atOrAfter(ms: number, low = 0): Promise<number> {
    return this.firstThat((time) => time.ms >= ms, low)
  }

  /** The first offset, from `low` on, for which the answer is yes; the answers must not change back. */
  async firstThat(answer: (time: HybridTime, offset: number) => boolean, low = 0): Promise<number> {
    let from = low
    let to = this.#info.events
    while (from < to) {
      const middle = Math.floor((from + to) / 2)
      const read = await this.#readable(middle, to)
      if (read === null || answer(read.time, read.offset)) to = middle
      else from = read.offset + 1
    }
    return from
  }

  /** The time of an event; null where it is lost or withheld here. */
  async timeAt(offset: number): Promise<HybridTime | null> {
    const known = this.#times.get(offset)
    if (known !== undefined) return known
    const time = await this.#read(offset)
    this.#times.set(offset, time)
    return time
  }

  async #read(offset: number): Promise<HybridTime | null> {
    try {
      return (await this.#reader.read({ log: this.#info.log, offset })).event.time
    } catch (error) {
      if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
      throw error
    }
  }

  /** The first event in `[offset, to)` that can be read. */
  async #readable(offset: number, to: number): Promise<{ offset: number; time: HybridTime } | null> {
    let at = offset
    for (let tries = 0; at < to && tries < unreadableMax; tries++) {
      const lost = this.#info.lost.find((range) => range.from <= at && at < range.to)
      if (lost) at = lost.to
      if (at >= to) break
      const time = await this.timeAt(at)
      if (time) return { offset: at, time }
      at++
    }
    return null
  }
}
