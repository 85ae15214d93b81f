import { HoldfastError } from '../engine/core/errors.js'
import { isFileEvent, type Event, type FileFacts, type LogId } from '../engine/core/event.js'
import { toRanges, type Ranges } from '../engine/core/ranges.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type { Withhold } from '../engine/ports/replica.js'
import type { Database } from './database.js'
import { eventKeyOffset, historyKey, historyKeyOffset, hostEventKey } from './keys.js'
import type { LogTable } from './log-table.js'
import { decodeEvent } from './event-codec.js'
import { entries } from './scan.js'

/** Kinds that say something of the host or of all: they are never kept back. */
const alwaysWhole: ReadonlySet<string> = new Set(['open', 'alias', 'milestone', 'retire'])

/** Which events of one log a filter keeps back. By the latest facts of a file, so that all its events go one way. */
export class Withheld {
  readonly #table: LogTable
  readonly #log: LogId
  readonly #withhold: Withhold

  constructor(table: LogTable, log: LogId, withhold: Withhold) {
    this.#table = table
    this.#log = log
    this.#withhold = withhold
  }

  has({ body }: Event): boolean {
    if (alwaysWhole.has(body.kind)) return false
    if (body.kind === 'resolve') return this.#withhold(this.#log, { kind: 'stream', stream: body.stream })
    const facts = isFileEvent(body) || 'file' in body ? body.file : null
    return facts ? this.#hasFile(facts) : this.#withhold(this.#log, { kind: 'other' })
  }

  /**
   * All offsets that are kept back, found by the index: what files hold is not read.
   *
   * @param encoded gives an event as it is encoded; undefined where it can't be read
   */
  async ranges(db: Database, encoded: (offset: number) => Promise<Uint8Array | undefined>): Promise<Ranges> {
    const found: OffsetRange[] = []
    for (const file of this.#table.files()) {
      if (file.log !== this.#log || !this.#hasFile(file.facts)) continue
      const rows = { gte: historyKey(file.no, 0), lt: historyKey(file.no, Number.MAX_SAFE_INTEGER) }
      for await (const [key] of entries(db, { ...rows, values: false })) add(found, historyKeyOffset(key))
    }
    const rows = { gte: hostEventKey(this.#log, 0), lt: hostEventKey(this.#log, Number.MAX_SAFE_INTEGER) }
    for await (const [key, kind] of entries(db, rows)) {
      const offset = eventKeyOffset(key)
      if (!alwaysWhole.has(kind.toString()) && this.#hasEncoded(await encoded(offset))) add(found, offset)
    }
    return toRanges(found)
  }

  #hasEncoded(encoded: Uint8Array | undefined): boolean {
    try {
      return encoded !== undefined && this.has(decodeEvent(encoded))
    } catch (error) {
      // What can't be read is not sent either.
      if (error instanceof HoldfastError) return false
      throw error
    }
  }

  #hasFile(facts: FileFacts): boolean {
    const file = this.#table.file(this.#log, facts)?.facts ?? facts
    return this.#withhold(this.#log, { kind: 'file', file })
  }
}

/** Offsets of one file often follow each other: joined at once they stay few. */
function add(found: OffsetRange[], offset: number): void {
  const last = found.at(-1)
  if (last?.to === offset) found[found.length - 1] = { from: last.from, to: offset + 1 }
  else found.push({ from: offset, to: offset + 1 })
}
