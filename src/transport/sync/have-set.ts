import { Packr } from 'msgpackr'
import type { LogId } from '../../engine/core/event.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { EventRun, LogHave, LogIdentity } from '../../engine/ports/replica.js'
import { logToBytes, sameBytes } from './log-bytes.js'
import { contains, difference, sameRanges, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { runRanges } from './run-ranges.js'

/** What one host holds of one log, as far as the other was told. `held` and `stubs` have no offset in common. */
export interface LogEntry {
  readonly identity: LogIdentity
  readonly held: Ranges
  readonly stubs: Ranges
  /** The chain at the ends of ranges, by number of events. Where a run split a range, one may be unknown. */
  readonly chains: ReadonlyMap<number, Uint8Array>
}

const packr = new Packr({ useRecords: false })

/**
 * What a host holds, as both ends of a session know it: begun with what the host told, kept current by the runs that it
 * acknowledged or sent. Both ends apply the same to their copy, so that the copies agree whenever nothing is on its way.
 */
export class HaveSet {
  readonly #entries = new Map<LogId, LogEntry>()

  constructor(entries: Iterable<LogEntry> = []) {
    for (const entry of entries) this.put(entry)
  }

  /** Sorted by log. */
  get entries(): readonly LogEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.identity.log < b.identity.log ? -1 : 1))
  }

  get(log: LogId): LogEntry | undefined {
    return this.#entries.get(log)
  }

  /** Offsets of which anything is here, whole or as a stub. */
  placed(log: LogId): Ranges {
    const entry = this.#entries.get(log)
    return entry ? union(entry.held, entry.stubs) : []
  }

  put(entry: LogEntry): void {
    this.#entries.set(entry.identity.log, entry)
  }

  remove(log: LogId): void {
    this.#entries.delete(log)
  }

  /** Adds a run. A whole event takes the place of its stub, never the other way. */
  add(run: RunExtent): void {
    const entry = this.#entries.get(run.identity.log)
    const held = union(entry?.held ?? [], run.held)
    const stubs = difference(union(entry?.stubs ?? [], run.stubs), held)
    const chains = new Map<number, Uint8Array>()
    for (const { to } of [...held, ...stubs]) {
      const chain = to === run.end.events ? run.end.chain : entry?.chains.get(to)
      if (chain) chains.set(to, chain)
    }
    this.put({ identity: entry?.identity ?? run.identity, held, stubs, chains })
  }

  /** SHA-256 over everything but identities, which the log ids stand for. Equal sets have equal digests. */
  digest(hasher: Hasher): Uint8Array {
    return hasher.sha256(packr.pack(this.entries.map(digestTuple)))
  }
}

/** Where a run stands and what of it is whole: all that is kept of one that was sent. */
export interface RunExtent {
  readonly identity: LogIdentity
  readonly held: Ranges
  readonly stubs: Ranges
  readonly end: { readonly events: number; readonly chain: Uint8Array }
}

export function extentOf(run: EventRun): RunExtent {
  const { events, chain } = run.point
  return { identity: run.identity, ...runRanges(run), end: { events, chain } }
}

export function entryOf({ log, publicKey, logNonce, held, stubs, ends }: LogHave): LogEntry {
  const chains = new Map(ends.map(({ events, chain }) => [events, chain]))
  return { identity: { log, publicKey, logNonce }, held, stubs, chains }
}

/** Whether both say the same of a log. An entry that misses a chain equals none: it has to be told again. */
export function sameEntry(a: LogEntry, b: LogEntry): boolean {
  if (!sameRanges(a.held, b.held) || !sameRanges(a.stubs, b.stubs)) return false
  return [...a.held, ...a.stubs].every(({ to }) => {
    const chain = a.chains.get(to)
    const other = b.chains.get(to)
    return chain !== undefined && other !== undefined && sameBytes(chain, other)
  })
}

export interface HaveChange {
  /** Logs of which something else is held now, each told whole. */
  readonly changed: readonly LogEntry[]
  /** Logs of which nothing is held any more. */
  readonly gone: readonly LogId[]
}

/** What to tell somebody who knows `before`. Sorted by log. */
export function changeSince(before: HaveSet, now: HaveSet): HaveChange {
  const changed = now.entries.filter((entry) => {
    const known = before.get(entry.identity.log)
    return !known || !sameEntry(known, entry)
  })
  const gone = before.entries.map(({ identity }) => identity.log).filter((log) => !now.get(log))
  return { changed, gone }
}

/** Whether the chain before this offset is known to one who has placed these. */
export function isAttached(placed: Ranges, offset: number): boolean {
  return offset === 0 || contains(placed, offset - 1)
}

function digestTuple({ identity, held, stubs, chains }: LogEntry): unknown {
  const ends = [...chains].sort(([a], [b]) => a - b)
  return [logToBytes(identity.log), flat(held), flat(stubs), ends]
}

function flat(ranges: Ranges): number[] {
  return ranges.flatMap(({ from, to }) => [from, to])
}
