import { expect } from 'vitest'
import type { Link } from '../../../src/engine/ports/link.js'
import { agree } from '../../../src/transport/sync/agree.js'
import { Channel } from '../../../src/transport/sync/channel.js'
import type { Message } from '../../../src/transport/sync/messages.js'
import { encodeRun } from '../../../src/transport/sync/run-codec.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import type { SyncLimits } from '../../../src/transport/sync/sync-limits.js'
import type { SyncOptions } from '../../../src/transport/sync/sync-types.js'
import type { FakeLog } from './fake-log.js'
import { FakeHost, FakeMemory, hasher, inlineCodec, SyncWorld } from './sync-world.js'
import type { Outcome } from './sync-world.js'

/** Errors that a user meets when a peer misbehaves; anything else is a fault of the session. */
export const coded = expect.objectContaining({
  code: expect.stringMatching(/^(PROTOCOL|PEER_INVALID|PEER_REFUSED|PEER_UNREACHABLE)$/),
})

export interface Scene {
  readonly world: SyncWorld
  readonly victim: FakeHost
  readonly villain: FakeHost
  /** Held by the victim; by the villain. */
  readonly ofVictim: FakeLog
  readonly ofVillain: FakeLog
}

export function scene(seed: number | string): Scene {
  const victim = new FakeHost('victim', seed)
  const villain = new FakeHost('villain', seed)
  const ofVictim = victim.newLog(6)
  const ofVillain = villain.newLog(6)
  victim.replica.write(ofVictim)
  villain.replica.write(ofVillain)
  return { world: new SyncWorld(seed), victim, villain, ofVictim, ofVillain }
}

/** What the victim makes of an other end that does as it likes with the link. */
export async function suffer(
  { world, victim }: Scene,
  act: (link: Link) => Promise<void>,
  options: Partial<SyncOptions> = {},
): Promise<Outcome> {
  const [left, right] = world.links()
  const [outcome] = await world.run(
    Promise.all([world.start(victim, left, 'initiator', options), act(right).catch(() => undefined)]),
  )
  return outcome
}

/** The same, when the other end proved who it is and the two compared what they hold. */
export function sufferAfterAgreement(
  from: Scene,
  act: (channel: Channel) => Promise<void> | void,
  options: Partial<SyncOptions> = {},
  limits: Partial<SyncLimits> = {},
): Promise<Outcome> {
  const { world, villain } = from
  return suffer(
    from,
    async (link) => {
      const own = { ...syncLimits, ...limits }
      const channel = new Channel({ link, hasher, limits: own, onBroken: () => undefined })
      await agree({
        channel,
        limits: own,
        codecs: [inlineCodec],
        onAccepted: () => undefined,
        options: {
          link,
          replica: villain.replica,
          identity: villain.key,
          memory: new FakeMemory(),
          clock: world.clock,
          random: world.random,
          hasher,
          role: 'responder',
          hostName: 'villain',
          authorise: () => 'accept',
          mode: 'live',
          send: true,
          receive: true,
        },
      })
      await act(channel)
      // It never closes by itself: ending is the victim's work.
    },
    options,
  )
}

export function runMessage(
  log: FakeLog,
  from: number,
  to: number,
  change: { seq?: number; raw?: number } = {},
): Message {
  const run = {
    identity: log.identity,
    from,
    events: log.events.slice(from, to).map(({ encoded }) => ({ kind: 'event' as const, encoded })),
    point: log.point(to),
  }
  const body = encodeRun(run, true)
  return { type: 'events', seq: change.seq ?? 0, codec: 'none', rawBytes: change.raw ?? body.length, body }
}

export const wantNothing: Message = { type: 'want', logs: [], more: false }
