import { createHash } from 'node:crypto'

import type { Event, LogId } from '../../../src/engine/core/event.js'
import { decodeEvent } from '../../../src/store/event-codec.js'
import type { Database, DatabaseOperation } from '../../../src/store/database.js'
import { OneWriter } from './one-writer.js'

export interface LedgerEvent {
  readonly digest: string
  readonly event: Event
}

const eventTable = 0x65
const encodedAt = 41

/**
 * Every event that a store ever acknowledged, kept apart from it: noted when the batch that holds it resolved. It is what
 * the other checkers hold the store against.
 */
export class Ledger {
  readonly #logs = new Map<LogId, LedgerEvent[]>()
  #oneWriter = new OneWriter()
  /** Events that a fault took from the store on purpose. */
  readonly #excused = new Set<string>()
  /** Events in the order in which they were acknowledged first. */
  #order: { readonly log: LogId; readonly offset: number }[] = []

  logs(): Iterable<LogId> {
    return this.#logs.keys()
  }

  /** By offset; events of an older store that was put back stay. */
  events(log: LogId): readonly LedgerEvent[] {
    return this.#logs.get(log) ?? []
  }

  count(log: LogId): number {
    return this.#logs.get(log)?.length ?? 0
  }

  /** Every event, in the order in which it came here. */
  order(): readonly { readonly log: LogId; readonly offset: number }[] {
    return this.#order
  }

  isExcused(log: LogId, offset: number): boolean {
    return this.#excused.has(`${log}@${offset}`)
  }

  /** A fault took this event: it need not be readable any more, but nothing else may ever have its name. */
  excuse(log: LogId, offset: number): void {
    this.#excused.add(`${log}@${offset}`)
  }

  /** The store is gone, or an older one was put back: only what these rows hold was ever acknowledged. */
  begin(rows: readonly (readonly [Buffer, Buffer])[]): void {
    this.#logs.clear()
    this.#excused.clear()
    this.#order = []
    this.#oneWriter = new OneWriter()
    this.note(rows.map(([key, value]) => ({ type: 'put', key, value })))
  }

  /**
   * A database that notes what was acknowledged, when it was.
   * @param guard runs the check, and keeps its failure from the caller of the database
   */
  watch(db: Database, guard: (check: () => void) => void): Database {
    return {
      batch: async (operations, options) => {
        await db.batch(operations, options)
        guard(() => this.note(operations))
      },
      get: (key) => db.get(key),
      iterator: (range) => db.iterator(range),
      close: () => db.close(),
    }
  }

  note(operations: readonly DatabaseOperation[]): void {
    for (const operation of operations) {
      const found = operation.type === 'put' ? eventOf(operation.key, operation.value) : null
      if (!found) continue
      const { log, offset, digest, event } = found
      this.#oneWriter.named(log, offset, digest)
      let events = this.#logs.get(log)
      if (!events) this.#logs.set(log, (events = []))
      if (!events[offset]) this.#order.push({ log, offset })
      events[offset] = { digest, event }
    }
  }
}

/** The event in a row of the store, or null where the row holds none that can be read. Knows the row's layout by itself. */
export function eventOf(
  key: Uint8Array,
  value: Uint8Array,
): { log: LogId; offset: number; digest: string; event: Event } | null {
  if (key[0] !== eventTable) return null
  const view = Buffer.from(key.buffer, key.byteOffset, key.length)
  const encoded = value.subarray(encodedAt)
  const digest = createHash('sha256').update(encoded).digest('hex')
  const offset = Number(view.readBigUInt64BE(17))
  try {
    return { log: view.toString('hex', 1, 17), offset, digest, event: decodeEvent(encoded) }
  } catch {
    return null
  }
}
