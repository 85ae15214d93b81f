import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { Replica } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import { mayMove } from './common-view.js'
import type { CommonView } from './common-view.js'
import type { WantMessage } from './messages.js'
import { difference, intersection } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { runBytes, runRange } from './run-ranges.js'
import type { PlannedLog } from './sync-types.js'

/** In a dry run, what the sender is otherwise: reads all that is wanted, and tells how much it is instead of sending. */
export class Survey {
  readonly #channel: Channel
  readonly #replica: Replica
  readonly #view: CommonView
  readonly #sends: boolean
  readonly #wants = new Map<LogId, Ranges>()
  readonly plan: PlannedLog[] = []
  #wantedAll = false
  #stopped = false
  isDone = false

  constructor(channel: Channel, replica: Replica, view: CommonView, sends: boolean) {
    this.#channel = channel
    this.#replica = replica
    this.#view = view
    this.#sends = sends
  }

  get awaitsPeer(): boolean {
    return !this.#wantedAll
  }

  /** Returns whether that was all the peer wants: `run` can begin. */
  onWant({ logs, more }: WantMessage): boolean {
    if (this.#wantedAll) throw new HoldfastError('PROTOCOL', 'the peer asked twice for what it wants')
    if (more && logs.length === 0) throw new HoldfastError('PROTOCOL', 'a list of wants goes on with nothing')
    for (const { log, ranges } of logs) {
      if (difference(ranges, this.#view.told.placed(log)).length > 0)
        throw new HoldfastError('PROTOCOL', 'the peer wants what this host does not have')
      if (this.#sends && mayMove(this.#view, log)) this.#wants.set(log, ranges)
    }
    this.#wantedAll = !more
    return this.#wantedAll
  }

  async run(): Promise<void> {
    for (const [log, ranges] of this.#wants) {
      let events = 0
      let bytes = 0
      let reached = 0
      for (const range of ranges) {
        // A run may end behind what was asked for; the next range then begins behind it, as when it is sent.
        const left = intersection([range], [{ from: reached, to: Infinity }])
        for (const part of left) {
          for await (const run of this.#replica.read(log, part)) {
            if (this.#stopped) return
            events += run.events.length
            bytes += runBytes(run)
            reached = runRange(run).to
          }
        }
      }
      if (events === 0) continue
      this.plan.push({ log, direction: 'send', events, bytes })
      await this.#channel.send({ type: 'sizes', logs: [{ log, events, bytes }] })
    }
    await this.#channel.send({ type: 'served' })
    this.isDone = true
  }

  stop(): void {
    this.#stopped = true
  }
}
