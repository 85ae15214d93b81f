import { HoldfastError } from '../../../src/engine/core/errors.js'
import type { LogId } from '../../../src/engine/core/event.js'
import { signedPointBytes } from '../../../src/engine/core/signed-point.js'
import type { OffsetRange } from '../../../src/engine/ports/log.js'
import type {
  EventRun,
  LogHave,
  LogIdentity,
  Replica,
  SignedPoint,
  StoreOutcome,
  WireEvent,
  Withhold,
} from '../../../src/engine/ports/replica.js'
import { difference, intersection, toRanges, union } from '../../../src/engine/core/ranges.js'
import type { Ranges } from '../../../src/engine/core/ranges.js'
import { sha256, verifyWith } from './fake-log.js'
import type { FakeLog } from './fake-log.js'

type StubReason = 'withheld' | 'purged' | 'lost'

/** One offset of a log here. Without `encoded` it is a stub. */
interface Place {
  readonly digest: Uint8Array
  readonly chain: Uint8Array
  readonly encoded?: Uint8Array
  readonly reason: StubReason
}

interface HeldLog {
  readonly identity: LogIdentity
  readonly places: Map<number, Place>
  readonly points: Map<number, SignedPoint>
  /** The chain where what follows stands behind a hole, by number of events. */
  readonly joints: Map<number, Uint8Array>
  /** Set where this host writes the log: it then signs any point. */
  readonly writer: FakeLog | undefined
}

/**
 * A store in memory, as strict as a real one: it checks the log's id, every chain, every signature and the place of what
 * comes, wants the chain before it or proved, and passes on only runs that end where the log's writer signed, or before a
 * hole.
 */
export class FakeReplica implements Replica {
  readonly #logs = new Map<LogId, HeldLog>()
  readonly #listeners = new Set<(log: LogId, range: OffsetRange) => void>()
  /** Every event that came by `store`, as `log@offset`: what came twice stands here twice. */
  readonly arrivals: string[] = []
  /** Awaited before anything of a run is looked at. */
  beforeStore: (run: EventRun) => Promise<void> = () => Promise.resolve()
  runMaxEvents = 4
  /** Offsets that `read` fails at. */
  readonly unreadable = new Set<string>()

  /** Puts events of a log here as if they had come long ago; the ends of the ranges are signed. */
  place(log: FakeLog, ranges: Iterable<OffsetRange>, kind: 'event' | 'stub' = 'event'): void {
    const held = this.#open(log.identity)
    for (const { from, to } of ranges) {
      for (let offset = from; offset < to; offset += 1) held.places.set(offset, placeOf(log, offset, kind))
      held.points.set(to, log.point(to))
    }
  }

  /** Makes this host the log's writer, with all of it here. */
  write(log: FakeLog): void {
    const empty = { places: new Map(), points: new Map(), joints: new Map() }
    this.#logs.set(log.log, { identity: log.identity, ...empty, writer: log })
    this.place(log, [{ from: 0, to: log.events.length }])
  }

  /** Appends to the log that this host writes, and says so. */
  append(log: FakeLog, ...payloads: readonly Uint8Array[]): void {
    const from = log.events.length
    log.append(...payloads)
    const range = { from, to: log.events.length }
    this.place(log, [range])
    this.#tell(log.log, range)
  }

  /** Another's log comes from elsewhere, and that is said. */
  hear(log: FakeLog): void {
    const range = { from: 0, to: log.events.length }
    this.place(log, [range])
    this.#tell(log.log, range)
  }

  /** Forgets events, as damage does. */
  lose(log: LogId, ranges: Iterable<OffsetRange>): void {
    for (const { from, to } of ranges) {
      for (let offset = from; offset < to; offset += 1) this.#logs.get(log)?.places.delete(offset)
    }
  }

  held(log: LogId): Ranges {
    return rangesOf(this.#logs.get(log)?.places, (place) => place.encoded !== undefined)
  }

  stubs(log: LogId): Ranges {
    return rangesOf(this.#logs.get(log)?.places, (place) => place.encoded === undefined)
  }

  have(withhold?: Withhold): Promise<readonly LogHave[]> {
    const haves = [...this.#logs.values()].map(({ identity, places }): LogHave => {
      const { log } = identity
      const all = this.held(log)
      const kept = withhold ? rangesOf(places, (place) => isWithheld(withhold, log, place)) : []
      const held = difference(all, kept)
      const told = withhold ? [{ from: 0, to: held.at(-1)?.to ?? 0 }] : [{ from: 0, to: Infinity }]
      const withheld = intersection(kept, told)
      const stubs = union(intersection(this.stubs(log), told), withheld)
      const inner = [held, stubs, intersection(all, told)].flatMap((of) => of.map(({ to }) => to))
      const events = [...new Set(inner)].sort((a, b) => a - b)
      const ends = events.map((to) => ({
        events: to,
        chain: places.get(to - 1)?.chain ?? new Uint8Array(32),
      }))
      return { ...identity, held, stubs, ends, ...(withhold && { withheld }) }
    })
    return Promise.resolve(
      haves.filter(({ ends }) => ends.length > 0).sort((a, b) => (a.log < b.log ? -1 : 1)),
    )
  }

  async *read(log: LogId, range: OffsetRange, withhold?: Withhold): AsyncIterable<EventRun> {
    await Promise.resolve()
    const held = this.#logs.get(log)
    if (!held) return
    for (let at = range.from; at < range.to;) {
      if (!held.places.has(at)) {
        at += 1
        continue
      }
      const to = runEnd(held, at, Math.min(range.to, at + this.runMaxEvents))
      const end = to ?? placedEnd(held, at, range.to)
      const point = pointOf(held, end) ?? unsigned(held, end)
      yield { identity: held.identity, from: at, events: this.#wireEvents(held, at, end, withhold), point }
      at = end
    }
  }

  async store(run: EventRun): Promise<StoreOutcome> {
    await this.beforeStore(run)
    const { identity, from, events, point } = run
    const { log } = identity
    checkIdentity(identity)
    if (point.log !== log || point.events !== from + events.length)
      throw invalid('the point stands elsewhere')
    const held = this.#logs.get(log) ?? { places: new Map<number, Place>() }
    const before = this.#chainAt(log, from)
    let chain = before ?? run.before
    if (!chain) throw invalid(`nothing is known before ${log}@${from}`)
    const placed: [number, Place][] = []
    for (const [i, event] of events.entries()) {
      const digest = event.kind === 'event' ? sha256(event.encoded) : event.digest
      chain = sha256(chain, digest)
      const known = held.places.get(from + i)
      if (known && !same(known.digest, digest))
        return { kind: 'forked', offset: from + i, explained: 'another event stands there' }
      if (event.kind === 'event')
        placed.push([from + i, { digest, chain, encoded: event.encoded, reason: 'lost' }])
      else if (!known) placed.push([from + i, { digest, chain, reason: event.reason }])
    }
    if (!same(chain, point.chain)) throw invalid('the chain does not fit')
    const here = this.#chainAt(log, point.events)
    const after = held.places.get(point.events)
    const joins = here
      ? same(here, chain)
      : after !== undefined && same(sha256(chain, after.digest), after.chain)
    const signed = (): boolean =>
      verifyWith(identity.publicKey, signedPointBytes(log, point.events, point.chain), point.signature)
    if (point.signature.length === 0 ? !joins : !signed())
      throw invalid('nobody signed it, and nothing proves it')
    const outcome = this.#keep(run, placed)
    if (!before && run.before) this.#logs.get(log)?.joints.set(from, run.before)
    return outcome
  }

  chainAt(log: LogId, events: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#chainAt(log, events))
  }

  onAdded(listener: (log: LogId, range: OffsetRange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  #chainAt(log: LogId, events: number): Uint8Array | undefined {
    if (events === 0) return new Uint8Array(32)
    const held = this.#logs.get(log)
    return held?.places.get(events - 1)?.chain ?? held?.joints.get(events)
  }

  #keep({ identity, events, from, point }: EventRun, placed: readonly [number, Place][]): StoreOutcome {
    const held = this.#open(identity)
    for (const [i, { kind }] of events.entries()) {
      if (kind === 'event') this.arrivals.push(`${identity.log}@${from + i}`)
    }
    const fresh = placed.filter(([offset]) => !held.places.get(offset)?.encoded)
    for (const [offset, place] of fresh) held.places.set(offset, place)
    if (point.signature.length > 0) held.points.set(point.events, point)
    if (fresh.length === 0) return { kind: 'known' }
    for (const range of toRanges(fresh.map(([offset]) => ({ from: offset, to: offset + 1 })))) {
      this.#tell(identity.log, range)
    }
    return { kind: 'stored', events: fresh.length }
  }

  #wireEvents(
    { identity, places }: HeldLog,
    from: number,
    to: number,
    withhold: Withhold | undefined,
  ): WireEvent[] {
    return Array.from({ length: to - from }, (_, i): WireEvent => {
      const offset = from + i
      if (this.unreadable.has(`${identity.log}@${offset}`))
        throw new HoldfastError('STORE_DAMAGED', `event ${offset} is damaged`)
      const place = places.get(offset) as Place
      const { digest, encoded, reason } = place
      if (withhold && isWithheld(withhold, identity.log, place))
        return { kind: 'stub', digest, reason: 'withheld' }
      return encoded ? { kind: 'event', encoded } : { kind: 'stub', digest, reason }
    })
  }

  #open(identity: LogIdentity): HeldLog {
    const known = this.#logs.get(identity.log)
    if (known) return known
    const opened = { identity, places: new Map(), points: new Map(), joints: new Map(), writer: undefined }
    this.#logs.set(identity.log, opened)
    return opened
  }

  #tell(log: LogId, range: OffsetRange): void {
    for (const listener of this.#listeners) listener(log, range)
  }
}

/** Events here are bytes that say nothing: the first one stands for the file that an event is about. */
function isWithheld(withhold: Withhold, log: LogId, { encoded }: Place): boolean {
  if (!encoded) return false
  const path = String.fromCharCode(encoded[0] ?? 0)
  return withhold(log, { kind: 'file', file: { root: 'r', format: 'lines', path, home: '/h', cwd: null } })
}

function placeOf(log: FakeLog, offset: number, kind: 'event' | 'stub'): Place {
  const event = log.events[offset]
  if (!event) throw new RangeError(`the log has no event ${offset}`)
  const { digest, chain, encoded } = event
  return kind === 'event' ? { digest, chain, encoded, reason: 'lost' } : { digest, chain, reason: 'withheld' }
}

/** Where a run from `from` ends: at the last signed point up to `wished`, or the first one behind it. */
function runEnd(held: HeldLog, from: number, wished: number): number | undefined {
  let best: number | undefined
  for (let to = from + 1; held.places.has(to - 1); to += 1) {
    if (!pointOf(held, to)) continue
    if (to > wished) return best ?? to
    best = to
  }
  return best
}

/** Where what is held goes on to, from `from` up to `wished` at most. */
function placedEnd({ places }: HeldLog, from: number, wished: number): number {
  let to = from + 1
  while (to < wished && places.has(to)) to += 1
  return to
}

function unsigned({ identity, places }: HeldLog, events: number): SignedPoint {
  const chain = places.get(events - 1)?.chain ?? new Uint8Array(32)
  return { log: identity.log, events, chain, signature: new Uint8Array() }
}

function pointOf({ points, writer }: HeldLog, events: number): SignedPoint | undefined {
  return writer ? writer.point(events) : points.get(events)
}

function rangesOf(places: ReadonlyMap<number, Place> | undefined, wanted: (place: Place) => boolean): Ranges {
  const offsets = [...(places ?? [])].filter(([, place]) => wanted(place)).map(([offset]) => offset)
  return toRanges(offsets.map((offset) => ({ from: offset, to: offset + 1 })))
}

function checkIdentity({ log, publicKey, logNonce }: LogIdentity): void {
  if (Buffer.from(sha256(publicKey, logNonce)).toString('hex', 0, 16) !== log) throw invalid('not that log')
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('PEER_INVALID', what)
}
