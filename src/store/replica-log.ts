import { difference, intersection, toRanges, union, type Ranges } from '../engine/core/ranges.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type { LogHave, LogIdentity, LogPoint, Withhold } from '../engine/ports/replica.js'
import { writeSynced, type Database } from './database.js'
import { decodeEvent } from './event-codec.js'
import { eventDigest, firstChain, unpackValue } from './event-value.js'
import { eventKey, eventKeyOffset, identityKey, jointKey, stubKey } from './keys.js'
import { logIdOf } from './log-identity.js'
import type { LogTable } from './log-table.js'
import {
  decodeIdentityRow,
  decodeJointRow,
  decodeStubRow,
  encodeIdentityRow,
  type StubRow,
} from './replica-rows.js'
import { Withheld } from './replica-withheld.js'
import { entries } from './scan.js'

/** What stands at one place of a log here. */
export type Held =
  | {
      readonly kind: 'event'
      readonly encoded: Uint8Array
      readonly digest: Uint8Array
      readonly chain: Uint8Array
    }
  | ({ readonly kind: 'stub' } & StubRow)

/** Reading of logs as peers exchange them: events, stubs, chains and identities. */
export class ReplicaLog {
  readonly #db: Database
  readonly #table: LogTable
  readonly #hasher: Hasher
  readonly #identities = new Map<LogId, LogIdentity>()

  constructor(db: Database, table: LogTable, hasher: Hasher) {
    this.#db = db
    this.#table = table
    this.#hasher = hasher
  }

  /** undefined where nothing here proves whose log it is. */
  async identity(log: LogId): Promise<LogIdentity | undefined> {
    const known = this.#identities.get(log) ?? (await this.#storedIdentity(log))
    const identity = known ?? (await this.#opening(log))
    if (!identity) return undefined
    // Kept apart from the event that says so: that event may be lost one day, and is then asked for by this.
    if (!known) {
      const value = encodeIdentityRow(this.#hasher, identity)
      await writeSynced(this.#db, [{ type: 'put', key: identityKey(log), value }])
    }
    this.#identities.set(log, identity)
    return identity
  }

  /** What a peer may be told. Damage that no check has found yet shows at the ends of ranges, and is left out there. */
  async have(log: LogId, withhold?: Withhold): Promise<LogHave | undefined> {
    const row = this.#table.row(log)
    const identity = row && row.events > 0 ? await this.identity(log) : undefined
    if (!row || !identity) return undefined
    const whole = difference([{ from: 0, to: row.events }], row.lost)
    const stubs = await this.stubs(log)
    const kept = withhold ? await this.#withheld(log, withhold) : null
    for (let bad: Ranges = []; ;) {
      const ranges = toldRanges(difference(whole, bad), difference(stubs, bad), kept)
      if (kept && ranges.held.length === 0) return undefined
      const { ends, unknown } = await this.#ends(log, ranges.ending)
      const { held, withheld } = ranges
      if (unknown.length === 0)
        return { ...identity, held, stubs: ranges.stubs, ...(withheld && { withheld }), ends }
      bad = union(bad, unknown)
    }
  }

  #withheld(log: LogId, withhold: Withhold): Promise<Ranges> {
    return new Withheld(this.#table, log, withhold).ranges(this.#db, async (offset) => {
      const at = await this.at(log, offset)
      return at?.kind === 'event' ? at.encoded : undefined
    })
  }

  /** The chain at each end of these ranges, in order, and what lies before the ends where nobody knows it. */
  async #ends(log: LogId, of: readonly Ranges[]): Promise<{ ends: LogPoint[]; unknown: Ranges }> {
    const ends: LogPoint[] = []
    const unknown: OffsetRange[] = []
    const events = new Set(of.flatMap((ranges) => ranges.map(({ to }) => to)))
    for (const to of [...events].toSorted((a, b) => a - b)) {
      const chain = await this.chainAt(log, to)
      if (chain) ends.push({ events: to, chain })
      else {
        let from = to - 1
        while (!(await this.chainAt(log, from))) from -= 1
        unknown.push({ from, to })
      }
    }
    return { ends, unknown: toRanges(unknown) }
  }

  /** Where only stubs are. They count as lost too: nothing can be read there. */
  async stubs(log: LogId): Promise<readonly OffsetRange[]> {
    const lost = this.#table.row(log)?.lost ?? []
    if (lost.length === 0) return []
    const found: { from: number; to: number }[] = []
    const range = { gte: stubKey(log, 0), lt: stubKey(log, Number.MAX_SAFE_INTEGER), values: false }
    for await (const [key] of entries(this.#db, range)) {
      const offset = eventKeyOffset(key)
      const last = found.at(-1)
      if (last?.to === offset) last.to = offset + 1
      else found.push({ from: offset, to: offset + 1 })
    }
    return intersection(found, lost)
  }

  /** The chain after `events` events; undefined where it is not known here. */
  async chainAt(log: LogId, events: number): Promise<Uint8Array | undefined> {
    if (events === 0) return firstChain
    return (await this.at(log, events - 1))?.chain ?? (await this.#joint(log, events))
  }

  /** What a run said that begins behind a hole: its signature proved it. */
  async #joint(log: LogId, events: number): Promise<Uint8Array | undefined> {
    const value = await this.#db.get(jointKey(log, events))
    if (!value) return undefined
    try {
      return decodeJointRow(this.#hasher, value)
    } catch (error) {
      if (error instanceof HoldfastError) return undefined
      throw error
    }
  }

  /** What stands at a place; undefined where nothing does, or nothing that can be read. */
  async at(log: LogId, offset: number): Promise<Held | undefined> {
    const lost = this.#table.row(log)?.lost ?? []
    const isLost = lost.some(({ from, to }) => from <= offset && offset < to)
    const value = await this.#db.get(isLost ? stubKey(log, offset) : eventKey(log, offset))
    if (!value || offset >= (this.#table.row(log)?.events ?? 0)) return undefined
    try {
      if (isLost) return { kind: 'stub', ...decodeStubRow(this.#hasher, value) }
      const { encoded, chain } = unpackValue(this.#hasher, value, log, offset)
      return { kind: 'event', encoded, chain, digest: eventDigest(this.#hasher, encoded) }
    } catch (error) {
      // Damage that no check has fenced yet: it is not offered to anyone.
      if (error instanceof HoldfastError) return undefined
      throw error
    }
  }

  /** What stands in a range, in order; ends at the first place where nothing does. */
  async *walk(log: LogId, { from, to }: OffsetRange): AsyncGenerator<Held> {
    const lost = this.#table.row(log)?.lost ?? []
    let offset = from
    while (offset < to) {
      const gap = lost.find((range) => range.to > offset)
      if (gap && gap.from <= offset) {
        const stub = await this.at(log, offset)
        if (!stub) return
        yield stub
        offset += 1
        continue
      }
      const end = Math.min(to, gap?.from ?? to)
      for await (const [key, value] of entries(this.#db, {
        gte: eventKey(log, offset),
        lt: eventKey(log, end),
      })) {
        if (eventKeyOffset(key) !== offset) return
        const { encoded, chain } = unpackValue(this.#hasher, value, log, offset)
        yield { kind: 'event', encoded, chain, digest: eventDigest(this.#hasher, encoded) }
        offset += 1
      }
      if (offset < end) return
    }
  }

  async #storedIdentity(log: LogId): Promise<LogIdentity | undefined> {
    const row = await this.#db.get(identityKey(log))
    if (!row) return undefined
    try {
      return this.#proven(log, decodeIdentityRow(this.#hasher, row))
    } catch (error) {
      if (error instanceof HoldfastError) return undefined
      throw error
    }
  }

  /** From the log's first event: it names both. */
  async #opening(log: LogId): Promise<LogIdentity | undefined> {
    const first = await this.at(log, 0)
    if (first?.kind !== 'event') return undefined
    const { body } = decodeEvent(first.encoded)
    return body.kind === 'open' ? this.#proven(log, body) : undefined
  }

  #proven(
    log: LogId,
    { publicKey, logNonce }: { readonly publicKey: Uint8Array; readonly logNonce: Uint8Array },
  ): LogIdentity | undefined {
    const identity = { log, publicKey: Uint8Array.from(publicKey), logNonce: Uint8Array.from(logNonce) }
    return logIdOf(this.#hasher, publicKey, logNonce) === log ? identity : undefined
  }
}

interface ToldRanges {
  readonly held: Ranges
  readonly stubs: Ranges
  readonly withheld?: Ranges
  /** Where the chain has to be known. */
  readonly ending: readonly Ranges[]
}

/** @param kept what a filter keeps back; null without a filter */
function toldRanges(whole: Ranges, stubs: Ranges, kept: Ranges | null): ToldRanges {
  if (!kept) return { held: whole, stubs, ending: [whole, stubs] }
  const held = difference(whole, kept)
  const told = [{ from: 0, to: held.at(-1)?.to ?? 0 }]
  const withheld = intersection(intersection(whole, kept), told)
  const closed = union(intersection(stubs, told), withheld)
  return { held, stubs: closed, withheld, ending: [held, closed, intersection(whole, told)] }
}
