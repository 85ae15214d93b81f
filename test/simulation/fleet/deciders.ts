import { mergeOf } from '../../../src/engine/conflicts/describe.js'
import { planChoice, planTakeBack, possibleChoices } from '../../../src/engine/conflicts/plan.js'
import type { ChosenBranch } from '../../../src/engine/conflicts/plan.js'
import type { ResolveBody } from '../../../src/engine/core/event.js'
import type { StreamView } from '../../../src/engine/core/merge/stream-view.js'
import type { Conflict } from '../../../src/engine/core/merge/types.js'
import type { StreamEntry } from '../../../src/engine/streams/stream-index.js'
import type { Streams } from '../../../src/engine/streams/streams.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { Machine } from './machine.js'
import { withStreams } from './reported.js'

/** What somebody looks at who decides: one conflict in one stream. */
interface Question {
  readonly view: StreamView
  readonly entry: StreamEntry
  readonly conflict: Conflict
}

/** A conflict by its stream's key and its id. */
export interface ConflictPlace {
  readonly stream: string
  readonly id: string
}

const takeBackChance = 0.6

/** The people at all machines who resolve conflicts, each by what their own machine shows, and take decisions back. */
export class Deciders {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** Somebody decides something on this machine. @returns what it was about; null where there was nothing to decide */
  async decide(machine: Machine): Promise<ConflictPlace | null> {
    return this.#ask(machine, async (streams) => {
      const places: ConflictPlace[] = []
      for (const { stream } of (await streams.index()).all()) {
        await streams.view(stream.key, (view) => {
          for (const { id } of view.conflicts()) places.push({ stream: stream.key, id })
        })
      }
      return places.length > 0 ? this.#random.pick(places) : null
    })
  }

  /** Somebody at another machine decides about the same one, without knowing of the first. */
  async decideToo(machine: Machine, place: ConflictPlace): Promise<void> {
    await this.#ask(machine, () => Promise.resolve(place))
  }

  async #ask(
    machine: Machine,
    choose: (streams: Streams) => Promise<ConflictPlace | null>,
  ): Promise<ConflictPlace | null> {
    const { session } = machine
    await session.pump(session.settledRecording())
    const { host } = session
    if (!host || session.life.dead) return null
    const decided = await session.pump(
      withStreams(machine, host, async (streams) => {
        const { writer } = host.own
        await writer.flush()
        const place = await choose(streams)
        if (!place) return null
        return (
          (await streams.view(place.stream, async (view, entry) => {
            const conflict = view.conflicts().find(({ id }) => id === place.id)
            const body = conflict && this.#bodyFor({ view, entry, conflict })
            if (!body) return null
            machine.world.trace.note(`somebody decides ${place.id} of ${place.stream}: ${body.choice}`)
            await writer.append({ events: [{ body }] })
            return place
          })) ?? null
        )
      }),
    )
    return decided ?? null
  }

  #bodyFor({ view, entry, conflict }: Question): ResolveBody | null {
    const { stream } = entry
    if (conflict.resolutions.some(({ undone }) => !undone)) {
      return this.#random.chance(takeBackChance) ? planTakeBack(stream, conflict) : null
    }
    const { shape } = mergeOf(entry)
    // A split makes files as well, which is a matter of its own.
    const choices = possibleChoices(conflict, stream, shape).filter((choice) => choice !== 'split')
    if (choices.length === 0) return null
    const choice = this.#random.pick(choices)
    const stays = this.#random.pick([...conflict.branches])
    if (choice !== 'union' && !view.branchText(stays.head)) return null
    const chosen: ChosenBranch = choice === 'union' ? { choice } : { choice, stays }
    return planChoice(view, stream, shape, conflict, chosen).body
  }
}
