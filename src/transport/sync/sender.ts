import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { OffsetRange } from '../../engine/ports/log.js'
import type { EventRun, Replica, Withhold } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import type { Codec } from './codecs.js'
import { commonIdentity, mayMove } from './common-view.js'
import type { CommonView } from './common-view.js'
import { Credit } from './credit.js'
import { Deferred } from './deferred.js'
import { checkableRun } from './checkable-run.js'
import { extentOf, HaveSet } from './have-set.js'
import type { RunExtent } from './have-set.js'
import type { AckMessage, EventsMessage, WantMessage } from './messages.js'
import { splitAttached } from './plan.js'
import { countOf, difference, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { encodeRun } from './run-codec.js'
import { runRange } from './run-ranges.js'
import { SendQueue } from './send-queue.js'
import type { SyncLimits } from './sync-limits.js'

export interface SenderOptions {
  readonly channel: Channel
  readonly replica: Replica
  readonly view: CommonView
  /** undefined where the two ends share none. */
  readonly codec: Codec | undefined
  readonly limits: SyncLimits
  /** What the receiver allows to be on its way, in bytes. */
  readonly windowBytes: number
  /** Whether this end sends at all. */
  readonly sends: boolean
  /** Whether what is added during the session is sent too, until `sendNoMore`. */
  readonly sendsNew: boolean
  /** What is kept back goes as stubs. */
  readonly withhold: Withhold | undefined
  /** Whether the peer takes what stands behind a hole. */
  readonly detaches: boolean
  readonly onChange: () => void
}

/** What a message takes beside the run. */
const frameOverheadBytes = 64

interface Packed {
  readonly extent: RunExtent
  readonly codec: EventsMessage['codec']
  readonly rawBytes: number
  readonly body: Uint8Array
}

/**
 * Sends what the peer wants and, in a live session, what is added here. One run is on the link and one is being packed:
 * with the window, all that it holds.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #queue = new SendQueue()
  /** What was added before the peer said what it lacks: only then is it clear what it could check. */
  readonly #early = new SendQueue()
  readonly #credit: Credit
  readonly #inFlight = new Map<number, Packed>()
  /** What the peer holds or will, once all that is on its way has arrived. */
  readonly #offered: HaveSet
  /** What the peer asked for: it knows best what it can check. */
  readonly #asked = new Map<LogId, Ranges>()
  readonly #unreadable = new Map<LogId, string>()
  /** Logs that the peer does not take in this session. */
  readonly #declined = new Set<LogId>()
  #transmitting: Promise<void> = Promise.resolve()
  #seq = 0
  /** Events and stubs of the run that was read just now, and of those that are packed or on their way. */
  #reading = 0
  #handed = 0
  #wantedAll = false
  #served = false
  #stopped = false
  /** Whether nothing is being read, packed or handed to the link. */
  #idle = false
  #sendsNew: boolean
  #wake = new Deferred<void>()
  /** Whole events and stubs that the peer stored. */
  sent = 0
  sentStubs = 0

  constructor(options: SenderOptions) {
    this.#options = options
    this.#sendsNew = options.sendsNew
    this.#credit = new Credit(options.windowBytes, options.limits.windowRuns)
    this.#offered = new HaveSet(options.view.heard.entries)
  }

  get toSend(): number {
    return this.#queue.count
  }

  /** Events and stubs that were taken from the queue and are not acknowledged. */
  get inFlight(): number {
    return this.#reading + this.#handed
  }

  /** Whether the peer owes an answer. */
  get awaitsPeer(): boolean {
    return !this.#wantedAll || this.#inFlight.size > 0
  }

  /** Whether all that the peer wanted, and what is new, is durable there. */
  get isDone(): boolean {
    return this.#served && this.#idle && this.#inFlight.size === 0 && this.#queue.isEmpty
  }

  get isQuiet(): boolean {
    return this.#inFlight.size === 0
  }

  get unreadable(): readonly { readonly log: LogId; readonly explained: string }[] {
    return [...this.#unreadable].map(([log, explained]) => ({ log, explained }))
  }

  onWant({ logs, more }: WantMessage): void {
    if (this.#wantedAll) throw new HoldfastError('PROTOCOL', 'the peer asked twice for what it wants')
    if (more && logs.length === 0) throw new HoldfastError('PROTOCOL', 'a list of wants goes on with nothing')
    for (const { log, ranges } of logs) {
      // What was never told can't be asked for: the queue stays as bounded as the have-set.
      const known = this.#options.view.told.placed(log)
      if (difference(ranges, known).length > 0)
        throw new HoldfastError('PROTOCOL', 'the peer wants what this host does not have')
      if (!this.#options.sends || !mayMove(this.#options.view, log)) continue
      this.#queue.add(log, ranges)
      this.#asked.set(log, union(this.#asked.get(log) ?? [], ranges))
    }
    if (more) return
    this.#wantedAll = true
    this.#early.drain((log, range) => this.push(log, range))
    this.#rouse()
  }

  /** More of a log is durable here. Sends it unless the peer has it, or could not check it. */
  push(log: LogId, range: OffsetRange): void {
    if (!this.#options.sends || !this.#sendsNew || !this.#mayGo(log)) return
    if (!this.#wantedAll) {
      this.#early.add(log, [range])
      return
    }
    const reach = union(this.#offered.placed(log), this.#queue.pending(log))
    // What a filter kept back at the log's end was not even told: it goes along, as the stubs between.
    const from = this.#options.withhold ? Math.min(range.from, endBelow(reach, range.from)) : range.from
    const fresh = difference([{ from, to: range.to }], this.#offered.get(log)?.held ?? [])
    this.#queue.add(log, this.#options.detaches ? fresh : splitAttached(fresh, reach).attached)
    this.#rouse()
  }

  /** What is added from now on is for the next session. */
  sendNoMore(): void {
    this.#sendsNew = false
  }

  /** The peer has this from its own or another's hand: it is not sent there. */
  peerHas(extent: RunExtent): void {
    this.#offered.add(extent)
  }

  onAck({ seq, outcome }: AckMessage): void {
    const packed = this.#inFlight.get(seq)
    if (!packed) throw new HoldfastError('PROTOCOL', 'the peer acknowledges what was not sent')
    this.#inFlight.delete(seq)
    this.#credit.give(packed.rawBytes)
    const { extent } = packed
    this.#handed -= countOf(extent.held) + countOf(extent.stubs)
    const { view } = this.#options
    // Both ends note that this one has it, whatever the other made of it: see `HaveSet`.
    view.told.add(extent)
    const { log } = extent.identity
    if (outcome === 'stored') {
      this.sent += countOf(difference(extent.held, view.heard.get(log)?.held ?? []))
      this.sentStubs += countOf(difference(extent.stubs, view.heard.placed(log)))
    }
    if (outcome === 'stored' || outcome === 'known') view.heard.add(extent)
    else this.#declined.add(log)
    this.#rouse()
  }

  stop(): void {
    this.#stopped = true
    this.#credit.end()
    this.#rouse()
  }

  /** Works until `stop`. Rejects with what made sending impossible. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const turn = this.#queue.turn()
      if (turn) {
        await this.#serve(turn.log, turn.range)
        continue
      }
      await this.#transmitting
      if (!this.#queue.isEmpty) continue
      if (this.#wantedAll && !this.#served) {
        this.#served = true
        await this.#options.channel.send({ type: 'served' })
        this.#options.onChange()
      } else {
        this.#idle = true
        this.#options.onChange()
        await this.#wake.promise
        this.#idle = false
        this.#wake = new Deferred()
      }
    }
    await this.#transmitting
  }

  /** Sends of one range until it is over or another log has its turn. The last run may still be on its way then. */
  async #serve(log: LogId, range: OffsetRange): Promise<void> {
    try {
      for await (const read of this.#readable(log, range)) {
        if (this.#stopped || !this.#mayGo(log)) break
        this.#reading = read.events.length
        this.#queue.settle(log, [runRange(read)])
        const run = this.#isNews(extentOf(read)) ? await this.#checkable(read) : undefined
        if (!run) continue
        const extent = extentOf(run)
        if (!this.#isNews(extent)) continue
        await this.#dispatch(run, extent)
        if (this.#queue.othersThan(log)) return
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      this.#unreadable.set(log, error.message)
      this.#queue.drop(log)
    }
    this.#reading = 0
    if (!this.#mayGo(log)) this.#queue.drop(log)
    // What was not read is not held (any more): the peer learns by `served` that it is not coming.
    this.#queue.settle(log, [range])
  }

  /** Packs a run while the one before it is on the link. Resolves when that one is gone. */
  async #dispatch(run: EventRun, extent: RunExtent): Promise<void> {
    const raw = encodeRun(run, commonIdentity(this.#options.view, run.identity.log) !== undefined)
    if (raw.length + frameOverheadBytes > this.#options.limits.frameMaxBytes)
      throw new UnreadableError('an event is larger than the protocol allows')
    this.#options.view.introduced.set(run.identity.log, run.identity)
    this.#reading = 0
    this.#handed += run.events.length
    this.#offered.add(extent)
    const packing = this.#pack(raw, extent)
    packing.catch(() => undefined)
    await this.#transmitting
    this.#transmitting = packing.then((packed) => this.#transmit(packed))
    // Whoever awaits it next hears of a failure.
    this.#transmitting.catch(() => undefined)
  }

  #mayGo(log: LogId): boolean {
    return mayMove(this.#options.view, log) && !this.#declined.has(log)
  }

  /** As the peer can check it; undefined where it could not. */
  async #checkable(run: EventRun): Promise<EventRun | undefined> {
    const { log } = run.identity
    const { replica, detaches } = this.#options
    const placed = this.#offered.placed(log)
    const found = await checkableRun(replica, run, { placed, takesDetached: detaches })
    // What was asked for begins where the peer could go on, even where it has more ranges than it could tell.
    const asked = this.#asked.get(log)?.some(({ from }) => from === run.from) === true
    return found ?? (asked && !detaches && run.point.signature.length > 0 ? run : undefined)
  }

  /** Whether anything of it is new to the peer. */
  #isNews({ identity: { log }, held, stubs }: RunExtent): boolean {
    const placed = this.#offered.placed(log)
    const news = [...difference(held, this.#offered.get(log)?.held ?? []), ...difference(stubs, placed)]
    return news.length > 0
  }

  /** Runs of the store; what goes wrong there is told apart from what goes wrong on the link. */
  async *#readable(log: LogId, range: OffsetRange): AsyncGenerator<EventRun> {
    const { replica, limits, withhold } = this.#options
    const runs = replica.read(log, range, withhold)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await runs.next().catch((cause: unknown) => {
          throw new UnreadableError(cause instanceof Error ? cause.message : String(cause), { cause })
        })
        if (next.done === true) return
        if (next.value.events.length > limits.runMaxEvents)
          throw new UnreadableError('a run has more events than the protocol allows')
        yield next.value
      }
    } finally {
      await runs.return?.()
    }
  }

  async #pack(raw: Uint8Array, extent: RunExtent): Promise<Packed> {
    const { codec, limits } = this.#options
    const plain: Packed = { extent, codec: 'none', rawBytes: raw.length, body: raw }
    if (!codec || raw.length < limits.compressMinBytes) return plain
    const body = await codec.compress(raw)
    return body.length < raw.length ? { extent, codec: codec.name, rawBytes: raw.length, body } : plain
  }

  async #transmit(packed: Packed): Promise<void> {
    await this.#credit.take(packed.rawBytes)
    const seq = this.#seq
    this.#seq += 1
    const { codec, rawBytes, body } = packed
    // The bytes are gone when the link took them; what is kept until the acknowledgement is the extent alone.
    this.#inFlight.set(seq, { ...packed, body: new Uint8Array() })
    await this.#options.channel.send({ type: 'events', seq, codec, rawBytes, body })
    this.#options.onChange()
  }

  #rouse(): void {
    this.#wake.resolve()
    this.#options.onChange()
  }
}

/** The end of the last range that begins below `offset`; 0 where there is none. */
function endBelow(ranges: Ranges, offset: number): number {
  return ranges.findLast(({ from }) => from < offset)?.to ?? 0
}

/** The store could not give what it told to hold. */
class UnreadableError extends Error {}
