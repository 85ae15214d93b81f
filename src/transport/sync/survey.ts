import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { Replica, Withhold } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import { checkableRun } from './checkable-run.js'
import { mayMove } from './common-view.js'
import type { CommonView } from './common-view.js'
import type { WantMessage } from './messages.js'
import { difference, intersection, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { runBytes, runRange } from './run-ranges.js'
import type { PlannedLog } from './sync-types.js'

export interface SurveyOptions {
  readonly channel: Channel
  readonly replica: Replica
  readonly view: CommonView
  readonly sends: boolean
  readonly withhold: Withhold | undefined
  /** Whether the peer takes what stands behind a hole. */
  readonly detaches: boolean
}

/** In a dry run, what the sender is otherwise: reads all that is wanted, and tells how much it is instead of sending. */
export class Survey {
  readonly #options: SurveyOptions
  readonly #wants = new Map<LogId, Ranges>()
  readonly plan: PlannedLog[] = []
  #wantedAll = false
  #stopped = false
  isDone = false

  constructor(options: SurveyOptions) {
    this.#options = options
  }

  get awaitsPeer(): boolean {
    return !this.#wantedAll
  }

  /** Returns whether that was all the peer wants: `run` can begin. */
  onWant({ logs, more }: WantMessage): boolean {
    if (this.#wantedAll) throw new HoldfastError('PROTOCOL', 'the peer asked twice for what it wants')
    if (more && logs.length === 0) throw new HoldfastError('PROTOCOL', 'a list of wants goes on with nothing')
    for (const { log, ranges } of logs) {
      if (difference(ranges, this.#options.view.told.placed(log)).length > 0)
        throw new HoldfastError('PROTOCOL', 'the peer wants what this host does not have')
      if (this.#options.sends && mayMove(this.#options.view, log)) this.#wants.set(log, ranges)
    }
    this.#wantedAll = !more
    return this.#wantedAll
  }

  async run(): Promise<void> {
    const { channel, replica, view, withhold, detaches } = this.#options
    for (const [log, ranges] of this.#wants) {
      let events = 0
      let bytes = 0
      let reached = 0
      let placed = view.heard.placed(log)
      for (const range of ranges) {
        // A run may end behind what was asked for; the next range then begins behind it, as when it is sent.
        const left = intersection([range], [{ from: reached, to: Infinity }])
        for (const part of left) {
          for await (const read of replica.read(log, part, withhold)) {
            if (this.#stopped) return
            reached = runRange(read).to
            const run = await checkableRun(replica, read, { placed, takesDetached: detaches })
            if (!run) continue
            events += run.events.length
            bytes += runBytes(run)
            placed = union(placed, [runRange(run)])
          }
        }
      }
      if (events === 0) continue
      this.plan.push({ log, direction: 'send', events, bytes })
      await channel.send({ type: 'sizes', logs: [{ log, events, bytes }] })
    }
    await channel.send({ type: 'served' })
    this.isDone = true
  }

  stop(): void {
    this.#stopped = true
  }
}
