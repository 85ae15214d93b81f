import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { Replica } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import { commonIdentity } from './common-view.js'
import type { CommonView } from './common-view.js'
import { Deferred } from './deferred.js'
import { ForkSearch } from './fork-search.js'
import { sameBytes } from './log-bytes.js'
import type { Message } from './messages.js'
import { compareChains } from './plan.js'
import { printable } from './printable.js'
import type { SyncLimits } from './sync-limits.js'
import type { SyncFork } from './sync-types.js'

type Answer = Extract<Message, { readonly type: 'chain!' }>
type Question = Extract<Message, { readonly type: 'chain?' }>

export interface Suspect {
  readonly log: LogId
  /** A number of events after which the two chains differ. */
  readonly differsAt: number
}

/** Logs that both hold and whose chains differ somewhere. What the ends of ranges don't show, the store tells. */
export async function findSuspects(view: CommonView, replica: Replica): Promise<readonly Suspect[]> {
  const suspects: Suspect[] = []
  for (const theirs of view.heard.entries) {
    const { log } = theirs.identity
    const mine = view.own.get(log)
    if (!mine || !view.admits(log)) continue
    const comparison = compareChains(mine, theirs)
    let { differsAt } = comparison
    for (const { events, chain } of comparison.unsure) {
      if (differsAt !== undefined && differsAt <= events) break
      const known = await replica.chainAt(log, events)
      if (known && !sameBytes(known, chain)) differsAt = events
    }
    if (differsAt !== undefined) suspects.push({ log, differsAt })
  }
  return suspects
}

/** Finds where suspected logs part, by asking the peer for chains, and answers when the peer does the same. */
export class ForkFinder {
  readonly #channel: Channel
  readonly #replica: Replica
  readonly #view: CommonView
  readonly #limits: SyncLimits
  #asked: { readonly log: LogId; readonly events: number; readonly answer: Deferred<Answer> } | undefined
  #questions = 0
  #searching = false

  constructor(channel: Channel, replica: Replica, view: CommonView, limits: SyncLimits) {
    this.#channel = channel
    this.#replica = replica
    this.#view = view
    this.#limits = limits
  }

  /** Whether nothing is asked or to be answered. */
  get isDone(): boolean {
    return !this.#searching && this.#questions === 0
  }

  get awaitsPeer(): boolean {
    return this.#asked !== undefined
  }

  /** Searches the logs one after the other, and tells the peer of each. To be called once; never rejects after `stop`. */
  async run(suspects: readonly Suspect[]): Promise<void> {
    this.#searching = suspects.length > 0
    for (const suspect of suspects) await this.#search(suspect)
    this.#searching = false
  }

  onAnswer(answer: Answer): void {
    const asked = this.#asked
    if (!asked || asked.log !== answer.log || asked.events !== answer.events)
      throw new HoldfastError('PROTOCOL', 'the peer answers what nobody asked')
    this.#asked = undefined
    asked.answer.resolve(answer)
  }

  async onQuestion({ log, events }: Question): Promise<void> {
    if (this.#questions >= this.#limits.chainQuestionsMax)
      throw new HoldfastError('PROTOCOL', 'the peer asks too much at once')
    this.#questions += 1
    try {
      const chain = this.#view.admits(log) ? await this.#replica.chainAt(log, events) : undefined
      this.#channel.post({ type: 'chain!', log, events, chain: chain ?? null })
    } finally {
      this.#questions -= 1
    }
  }

  /** The peer found where a log parts. */
  onForked({ log, offset, explained }: Extract<Message, { readonly type: 'forked' }>): void {
    if (!this.#view.admits(log) || !commonIdentity(this.#view, log))
      throw new HoldfastError('PROTOCOL', 'the peer says that a log parts of which nobody spoke')
    this.#note({ log, offset, explained: printable(explained) })
  }

  #note(fork: SyncFork): void {
    const { log, offset } = fork
    this.#view.suspects.delete(log)
    // Of two findings the earlier stands; both ends then say the same.
    const known = this.#view.forks.get(log)
    if (!known || offset < known.offset) this.#view.forks.set(log, fork)
  }

  stop(): void {
    this.#asked?.answer.reject(new HoldfastError('INTERRUPTED', 'the session is over'))
  }

  async #search({ log, differsAt }: Suspect): Promise<void> {
    const search = new ForkSearch(differsAt)
    for (let events = search.next; events !== undefined; events = search.next) {
      const mine = await this.#replica.chainAt(log, events)
      const theirs = mine ? await this.#ask(log, events) : null
      search.answer(events, !mine || !theirs ? 'unknown' : sameBytes(mine, theirs) ? 'same' : 'differs')
    }
    const { offset, exact, before } = search
    const where = exact ? `at offset ${offset}` : `between offsets ${offset} and ${before - 1}`
    const explained = `the two hosts hold different events ${where}: two writers used one log`
    this.#note({ log, offset, explained })
    this.#channel.post({ type: 'forked', log, offset, explained })
  }

  async #ask(log: LogId, events: number): Promise<Uint8Array | null> {
    const answer = new Deferred<Answer>()
    this.#asked = { log, events, answer }
    this.#channel.post({ type: 'chain?', log, events })
    const { chain } = await answer.promise
    return chain
  }
}
