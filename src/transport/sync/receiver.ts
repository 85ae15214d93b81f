import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { EventRun, Replica, StoreOutcome } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import type { Codec } from './codecs.js'
import { commonIdentity, mayMove } from './common-view.js'
import type { CommonView } from './common-view.js'
import { Credit } from './credit.js'
import { extentOf, HaveSet } from './have-set.js'
import type { RunExtent } from './have-set.js'
import type { AckMessage, EventsMessage } from './messages.js'
import type { LogWant } from './plan.js'
import { countOf, difference, intersection, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { decodeRun } from './run-codec.js'
import { runRange } from './run-ranges.js'
import type { SyncLimits } from './sync-limits.js'

export interface ReceiverOptions {
  readonly channel: Channel
  readonly replica: Replica
  readonly view: CommonView
  readonly codecs: readonly Codec[]
  readonly limits: SyncLimits
  readonly receives: boolean
  /** Whether the peer was asked to keep things back. */
  readonly filtered: boolean
  /** Whether what stands behind a hole of both may come. */
  readonly detaches: boolean
  /** Whether what was not asked for may come, as it is new: always, until the peer is settled, or never. */
  readonly takesNew: 'always' | 'until-settled' | 'never'
  /** Called with each run before it is stored: the peer has it. */
  readonly onTaken: (extent: RunExtent) => void
  readonly onChange: () => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Takes what was asked for, and what is new where that may come, hands it to the store in offset order per log, and
 * acknowledges what is durable. What the events say is checked by the store.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  /** Counted as the sender counts: it must not have more on its way than this host allowed. */
  readonly #window: Credit
  /** What is here or on its way, as far as the peer knows: nothing may come twice. */
  readonly #expected: HaveSet
  readonly #wants = new Map<LogId, Ranges>()
  /** What of the wants may not come, as the peer could not prove it either. */
  readonly #detached = new Map<LogId, Ranges>()
  /** The last store call of each log: the next run of the log waits for it. */
  readonly #storing = new Map<LogId, Promise<void>>()
  #unpacking: Promise<void> = Promise.resolve()
  #seq = 0
  #asked = false
  #served = false
  /** Whether the peer said that nothing comes any more. */
  isSettled = false
  #stopped = false
  received = 0
  receivedStubs = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#window = new Credit(options.limits.windowBytes, options.limits.windowRuns)
    this.#expected = new HaveSet(options.view.told.entries)
  }

  /** Events and stubs that were asked for and did not come yet. */
  get toReceive(): number {
    let sum = 0
    for (const ranges of this.#wants.values()) sum += countOf(ranges)
    return sum
  }

  get awaitsPeer(): boolean {
    return this.#asked && !this.#served
  }

  /** Whether all that will come is durable. */
  get isDone(): boolean {
    return this.#served && this.isQuiet
  }

  get isQuiet(): boolean {
    return this.#window.runs === 0
  }

  /** What was asked for and never came, but for logs that parted. */
  get missing(): readonly { readonly log: LogId; readonly ranges: Ranges }[] {
    const left = [...this.#wants].filter(([log]) => mayMove(this.#options.view, log))
    const { filtered, view } = this.#options
    // Where a list of stubs is too long to be told, what is kept back is told as if it came: its stub is here.
    const rest = left.map(([log, ranges]) => {
      const due = difference(ranges, this.#detached.get(log) ?? [])
      return { log, ranges: filtered ? difference(due, view.own.get(log)?.stubs ?? []) : due }
    })
    return rest.filter(({ ranges }) => ranges.length > 0)
  }

  /** Asks for everything at once. Resolves when the peer was told. */
  async ask(wants: readonly LogWant[]): Promise<void> {
    const { channel, limits, detaches } = this.#options
    const logs = wants
      .map(({ log, want, detached }) => ({ log, ranges: detaches ? union(want, detached) : want }))
      .filter(({ ranges }) => ranges.length > 0)
    for (const { log, ranges } of logs) this.#wants.set(log, ranges)
    for (const { log, detached } of wants) this.#detached.set(log, detached)
    this.#asked = true
    let frame: typeof logs = []
    let cost = 0
    for (const each of logs) {
      const bytes = 24 + 12 * each.ranges.length
      if (frame.length > 0 && cost + bytes > limits.listFrameBytes) {
        await channel.send({ type: 'want', logs: frame, more: true })
        frame = []
        cost = 0
      }
      frame.push(each)
      cost += bytes
    }
    await channel.send({ type: 'want', logs: frame, more: false })
  }

  /** Takes a run in. Never waits: the next messages have to be read meanwhile. */
  onEvents(message: EventsMessage): void {
    const { limits, receives } = this.#options
    if (!receives) throw new HoldfastError('PROTOCOL', 'the peer sends events to a host that takes none')
    if (!this.#asked) throw new HoldfastError('PROTOCOL', 'the peer sends events before it was asked')
    if (this.isSettled) throw new HoldfastError('PROTOCOL', 'the peer sends events after its last')
    if (message.seq !== this.#seq) throw new HoldfastError('PROTOCOL', 'a run of events is out of turn')
    if (message.rawBytes > limits.frameMaxBytes || !this.#window.admits(message.rawBytes))
      throw new HoldfastError('PROTOCOL', 'the peer sends more at once than it was allowed')
    this.#seq += 1
    this.#window.add(message.rawBytes)
    this.#unpacking = this.#unpacking
      .then(() => this.#take(message))
      .catch((error: unknown) => this.#fail(error))
  }

  onServed(): void {
    if (this.#served) throw new HoldfastError('PROTOCOL', 'the peer says twice that it sent everything')
    this.#served = true
  }

  onSettled(): void {
    if (this.#options.takesNew !== 'until-settled' || !this.#served || this.isSettled)
      throw new HoldfastError('PROTOCOL', 'the peer is settled where it can’t be')
    this.isSettled = true
  }

  /** Stores nothing more. Resolves when no store call is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#unpacking
    await Promise.all(this.#storing.values())
  }

  async #take(message: EventsMessage): Promise<void> {
    if (this.#stopped) return
    const { view, onTaken } = this.#options
    const body = await this.#unpack(message)
    const run = decodeRun(body, (log) => commonIdentity(view, log))
    const { log } = run.identity
    const extent = extentOf(run)
    this.#checkAsked(run, extent)
    this.#expected.add(extent)
    // Noted before it is stored, so that what the store says to have got is not sent back.
    view.heard.add(extent)
    onTaken(extent)
    const before = this.#storing.get(log) ?? Promise.resolve()
    const storing = before
      .then(() => this.#store(run, extent, message))
      .catch((error: unknown) => this.#fail(error))
    this.#storing.set(log, storing)
    void storing.then(() => {
      if (this.#storing.get(log) === storing) this.#storing.delete(log)
    })
  }

  /** After a failure nothing is stored any more: what follows in the log could not be checked. */
  #fail(error: unknown): void {
    this.#stopped = true
    this.#options.onFailure(error)
  }

  async #unpack({ codec, rawBytes, body }: EventsMessage): Promise<Uint8Array> {
    let raw = body
    if (codec !== 'none') {
      const found = this.#options.codecs.find(({ name }) => name === codec)
      if (!found) throw new HoldfastError('PROTOCOL', `the peer packs with ${codec}, which was not agreed`)
      try {
        raw = await found.decompress(body, rawBytes)
      } catch (cause) {
        throw new HoldfastError('PROTOCOL', 'a run of events can’t be unpacked', { cause })
      }
    }
    if (raw.length !== rawBytes) throw new HoldfastError('PROTOCOL', 'a run of events is of another size')
    return raw
  }

  /**
   * A run may be larger than what was asked for, as it has to end where the log's writer signed; but something of it
   * must be asked for, or new where that may come.
   */
  #checkAsked(run: EventRun, { held, stubs }: RunExtent): void {
    const { log } = run.identity
    const range = runRange(run)
    const wanted = this.#wants.get(log) ?? []
    if (intersection([range], wanted).length > 0) {
      const left = difference(wanted, [range])
      if (left.length === 0) this.#wants.delete(log)
      else this.#wants.set(log, left)
      return
    }
    if (this.#options.takesNew === 'never')
      throw new HoldfastError('PROTOCOL', 'the peer sends events that nobody asked for')
    const news = [
      ...difference(held, this.#expected.get(log)?.held ?? []),
      ...difference(stubs, this.#expected.placed(log)),
    ]
    if (news.length === 0)
      throw new HoldfastError('PROTOCOL', 'the peer sends events that it knows to be here')
  }

  async #store(run: EventRun, extent: RunExtent, { seq, rawBytes }: EventsMessage): Promise<void> {
    if (this.#stopped) return
    const { replica, view, channel, onChange } = this.#options
    const { log } = run.identity
    const outcome: AckMessage['outcome'] = mayMove(view, log)
      ? this.#note(await replica.store(run), extent)
      : 'declined'
    this.#window.give(rawBytes)
    channel.post({ type: 'ack', seq, outcome })
    onChange()
  }

  #note(outcome: StoreOutcome, extent: RunExtent): AckMessage['outcome'] {
    const { view, channel } = this.#options
    const { log } = extent.identity
    if (outcome.kind === 'forked') {
      const { offset, explained } = outcome
      view.forks.set(log, { log, offset, explained })
      channel.post({ type: 'forked', log, offset, explained: explained.slice(0, 1000) })
      return 'forked'
    }
    if (outcome.kind === 'stored') {
      this.received += countOf(difference(extent.held, view.own.get(log)?.held ?? []))
      this.receivedStubs += countOf(difference(extent.stubs, view.own.placed(log)))
    }
    view.own.add(extent)
    view.told.add(extent)
    return outcome.kind
  }
}
