import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import { difference } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import type { Replica } from '../../engine/ports/replica.js'
import type { Agreement } from './agree.js'
import type { Channel } from './channel.js'
import { closedByPeer } from './close-errors.js'
import type { Codec } from './codecs.js'
import { mayMove } from './common-view.js'
import { Finish } from './finish.js'
import { findSuspects, ForkFinder } from './fork-finder.js'
import type { CloseCode, Message } from './messages.js'
import { planWants } from './plan.js'
import type { LogWant } from './plan.js'
import { Receiver } from './receiver.js'
import { Sender } from './sender.js'
import { Survey } from './survey.js'
import type { SyncLimits } from './sync-limits.js'
import type { PlannedLog } from './sync-types.js'

export interface MovementOptions {
  readonly agreement: Agreement
  readonly channel: Channel
  readonly replica: Replica
  readonly codecs: readonly Codec[]
  readonly limits: SyncLimits
  /** What this end adds before it is done; undefined where it adds nothing. */
  readonly beforeDone: (() => Promise<void>) | undefined
  readonly onChange: () => void
  /** Called once: both have all, or the peer ended a live session. */
  readonly onEnd: (ended: 'done' | 'shutdown') => void
  readonly onFailure: (error: unknown) => void
}

/** The moving part of a session: asks, sends, takes, and knows when all is done. */
export class Movement {
  readonly #options: MovementOptions
  readonly #tasks: Promise<void>[] = []
  readonly #finder: ForkFinder
  readonly sender: Sender
  readonly receiver: Receiver
  readonly #survey: Survey
  readonly #finish: Finish
  /** In a dry run, what the peer says would come. */
  readonly #sizes = new Map<LogId, PlannedLog>()
  #wants: readonly LogWant[] = []
  #started = false
  #stopped = false
  /** Whether all that was missing at the beginning has moved. */
  caughtUp = false

  constructor(options: MovementOptions) {
    this.#options = options
    const { agreement, channel, replica, codecs, limits, beforeDone, onEnd, onFailure } = options
    const { view, codec, windowBytes, sends, receives, live, settles, detaches, dryRun, withhold } = agreement
    const sendsNew = live || (settles && beforeDone !== undefined)
    const onChange = (): void => this.#onChange()
    this.#finder = new ForkFinder(channel, replica, view, limits)
    this.sender = new Sender({
      channel,
      replica,
      view,
      codec,
      limits,
      windowBytes,
      sends,
      sendsNew,
      withhold,
      detaches,
      onChange,
    })
    this.#survey = new Survey({ channel, replica, view, sends, withhold, detaches })
    this.receiver = new Receiver({
      channel,
      replica,
      view,
      codecs,
      limits,
      receives: receives && !dryRun,
      filtered: agreement.filtered,
      detaches,
      takesNew: live ? 'always' : settles ? 'until-settled' : 'never',
      onTaken: (extent) => this.sender.peerHas(extent),
      onChange,
      onFailure,
    })
    const work = async (): Promise<void> => {
      await beforeDone?.()
      this.sender.sendNoMore()
    }
    this.#finish = new Finish({ channel, settles, work, onEnd: () => onEnd('done') })
  }

  /** What the peer holds and nobody can check here yet. */
  get detached(): readonly { readonly log: LogId; readonly ranges: Ranges }[] {
    const { own } = this.#options.agreement.view
    return this.#wants
      .map(({ log, detached }) => ({ log, ranges: difference(detached, own.placed(log)) }))
      .filter(({ ranges }) => ranges.length > 0)
  }

  get plan(): readonly PlannedLog[] | undefined {
    if (!this.#options.agreement.dryRun) return undefined
    return [...this.#survey.plan, ...this.#sizes.values()].sort((a, b) =>
      a.log === b.log ? (a.direction < b.direction ? -1 : 1) : a.log < b.log ? -1 : 1,
    )
  }

  /** How long the peer may be alive and not go on; null where it owes nothing. */
  get patienceMs(): number | null {
    const { limits, agreement } = this.#options
    const answers = this.#giver.awaitsPeer || this.receiver.awaitsPeer || this.#finder.awaitsPeer
    if (!this.#started || this.#finish.isDone || answers) return limits.stallMs
    return agreement.settles && !this.receiver.isSettled ? limits.settleMs : null
  }

  /** Whether nothing is on its way: what both ends note of each other then agrees. */
  get isQuiet(): boolean {
    return this.caughtUp && this.sender.isQuiet && this.receiver.isQuiet
  }

  /** Works until the session ends; rejects with what the peer did wrong or that it went away. */
  async run(): Promise<void> {
    const { agreement, channel, replica } = this.#options
    const { view, receives } = agreement
    const suspects = await findSuspects(view, replica)
    for (const { log } of suspects) view.suspects.add(log)
    const admits = (log: LogId): boolean => receives && mayMove(view, log)
    this.#wants = planWants(view.own, view.heard, admits, agreement.detaches ? view.told : view.own)
    this.#started = true
    this.#spawn(this.receiver.ask(this.#wants))
    this.#spawn(this.#finder.run(suspects).then(() => this.#onChange()))
    if (!agreement.dryRun) this.#spawn(this.sender.run())
    for (;;) this.#take(await channel.next())
  }

  /** Begins nothing more. Resolves when nothing of the session touches the store. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.sender.stop()
    this.#survey.stop()
    this.#finder.stop()
    await this.receiver.stop()
  }

  /** Resolves when every task is over, which some are only when the link is closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#tasks)
  }

  get #giver(): { readonly awaitsPeer: boolean; readonly isDone: boolean } {
    return this.#options.agreement.dryRun ? this.#survey : this.sender
  }

  /** Never waits: while it did, nobody would read, and two ends could wait for each other. */
  #take(message: Message): void {
    const { dryRun } = this.#options.agreement
    switch (message.type) {
      case 'want':
        if (!dryRun) this.sender.onWant(message)
        else if (this.#survey.onWant(message)) this.#spawn(this.#survey.run().then(() => this.#onChange()))
        break
      case 'events':
        this.receiver.onEvents(message)
        break
      case 'ack':
        this.sender.onAck(message)
        break
      case 'served':
        this.receiver.onServed()
        break
      case 'settled':
        this.receiver.onSettled()
        break
      case 'sizes':
        this.#onSizes(message.logs)
        break
      case 'chain?':
        this.#spawn(this.#finder.onQuestion(message).then(() => this.#onChange()))
        break
      case 'chain!':
        this.#finder.onAnswer(message)
        break
      case 'forked':
        this.#finder.onForked(message)
        break
      case 'close':
        this.#onClose(message.code, message.text)
        break
      default:
        throw new HoldfastError('PROTOCOL', `the peer sent “${message.type}” where it has no place`)
    }
    this.#onChange()
  }

  #onSizes(logs: readonly { log: LogId; events: number; bytes: number }[]): void {
    for (const { log, events, bytes } of logs) {
      const wanted = this.#wants.some((each) => each.log === log && each.want.length > 0)
      if (!this.#options.agreement.dryRun || !wanted || this.#sizes.has(log))
        throw new HoldfastError('PROTOCOL', 'the peer counts what nobody asked for')
      this.#sizes.set(log, { log, direction: 'receive', events, bytes })
    }
  }

  #onClose(code: CloseCode, text: string): void {
    const { agreement, onEnd } = this.#options
    if (code === 'shutdown' && agreement.live) onEnd('shutdown')
    else if (code !== 'done' || agreement.live || (agreement.settles && !this.receiver.isSettled))
      throw closedByPeer(code, text)
    else this.#finish.onPeerDone()
  }

  #onChange(): void {
    const { agreement, onChange } = this.#options
    const still = this.#started && this.#giver.isDone && this.receiver.isDone && this.#finder.isDone
    this.caughtUp ||= still
    onChange()
    if (agreement.live || !this.caughtUp || this.#stopped) return
    const sent = this.#giver.isDone
    const work = this.#finish.step({ still, sent, peerSettled: this.receiver.isSettled })
    if (work) this.#spawn(work.then(() => this.#onChange()))
  }

  #spawn(task: Promise<void>): void {
    this.#tasks.push(task.catch((error: unknown) => this.#options.onFailure(error)))
  }
}
