import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

import type { LogId } from '../../../src/engine/core/event.js'
import { HoldfastError } from '../../../src/engine/core/errors.js'
import type { Codec } from '../../../src/transport/sync/codecs.js'
import { runSyncSession } from '../../../src/transport/sync/sync-session.js'
import type { SyncLimits } from '../../../src/transport/sync/sync-limits.js'
import type { SyncResult } from '../../../src/transport/sync/sync-types.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import { InvariantBroken } from '../failure.js'
import type { Notes } from '../trace.js'
import type { Machine } from './machine.js'
import type { Connection, Network } from './network.js'
import type { LinkHabits } from './pipe.js'

/** Packs on the calling thread: what other threads do has no order. */
const codec: Codec = {
  name: 'brotli',
  compress: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  decompress: (bytes, maxBytes) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }),
}

/** Errors that a sound session may end with: the far end is gone, or somebody ended it. */
const expected = new Set(['PEER_UNREACHABLE', 'INTERRUPTED', 'DISK_FULL', 'STORE_FAILED'])

export interface Meeting {
  readonly ends: readonly [Machine, Machine]
  readonly mode: 'once' | 'live'
  readonly connection: Connection
  readonly sameKey: boolean
  /** Ends it from the near end. */
  readonly stop: AbortController
  /** undefined while it goes on; how each side ended. */
  readonly outcome: [SyncResult | Error | undefined, SyncResult | Error | undefined]
}

/** Whether both sides ended as sessions do that nothing disturbs, or refused each other for a reason. */
export function endedWell({ outcome, sameKey }: Meeting): boolean {
  return sameKey || outcome.every((how) => how !== undefined && !(how instanceof Error))
}

/** The sessions between machines: begins them, and sees that they end in no way in which honest hosts can't. */
export class Meetings {
  readonly open = new Set<Meeting>()
  readonly #network: Network
  readonly #random: SeededRandom
  readonly #trace: Notes
  readonly #shared: ReadonlySet<LogId>

  /** @param shared logs that more than one machine may write */
  constructor(network: Network, random: SeededRandom, trace: Notes, shared: ReadonlySet<LogId>) {
    this.#shared = shared
    this.#network = network
    this.#random = random
    this.#trace = trace
  }

  /** @param lastByte see `Network.connect` */
  begin(
    near: Machine,
    far: Machine,
    mode: 'once' | 'live',
    habits: LinkHabits,
    lastByte: number | null,
  ): Meeting {
    const ends = [near, far].map(({ name, session }) => ({ machine: name, life: session.life }))
    const [a, b] = ends as [(typeof ends)[0], (typeof ends)[0]]
    const connection = this.#network.connect(a, b, habits, lastByte)
    const stop = new AbortController()
    const keys = [near, far].map(({ world }) => Buffer.from(world.identity.publicKey ?? []).toString('hex'))
    const meeting: Meeting = {
      ends: [near, far],
      mode,
      connection,
      sameKey: keys[0] === keys[1],
      stop,
      outcome: [undefined, undefined],
    }
    this.open.add(meeting)
    this.#trace.note(`meet ${near.name} ${far.name} ${mode}`)
    const limits = this.#limits()
    for (const side of [0, 1] as const) void this.#run(meeting, side, limits)
    return meeting
  }

  between(a: Machine, b: Machine): Meeting[] {
    return [...this.open].filter(({ ends }) => ends.includes(a) && ends.includes(b))
  }

  /** A process ended: its sides of sessions end with it, and nobody hears how. */
  ended(machine: Machine): void {
    for (const meeting of this.open) {
      for (const side of [0, 1] as const) {
        const { life } = meeting.connection.ends[side]
        if (meeting.ends[side] !== machine || !life.dead) continue
        this.#over(meeting, side, new Error('its process ended'))
      }
    }
  }

  async #run(meeting: Meeting, side: 0 | 1, limits: Partial<SyncLimits>): Promise<void> {
    const machine = meeting.ends[side]
    const { life } = machine.session
    const door = machine.openDoor()
    if (!door) throw new RangeError(`${machine.name} has no door`)
    const peer = meeting.ends[side === 0 ? 1 : 0]
    const { connection, mode, stop } = meeting
    try {
      const result = await runSyncSession({
        ...door.session(),
        link: side === 0 ? connection.near : connection.far,
        role: side === 0 ? 'initiator' : 'responder',
        mode,
        send: true,
        receive: true,
        authorise: () => 'accept',
        codecs: [codec],
        limits,
        onProgress: ({ forks }) => door.noteForks(peer.name, forks),
        ...(side === 0 ? { signal: stop.signal } : {}),
      })
      await door.keepForks(result.forks, peer.name)
      await door.kept()
      if (life.dead) return
      this.#over(meeting, side, result)
    } catch (error) {
      if (life.dead) return
      this.#over(meeting, side, error instanceof Error ? error : new Error(String(error)))
      if (!isExpected(error, meeting, this.#shared)) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
        machine.world.broken ??= new InvariantBroken('honest', `${machine.name} with ${peer.name}: ${text}`)
      }
    }
  }

  #over(meeting: Meeting, side: 0 | 1, how: SyncResult | Error): void {
    meeting.outcome[side] = how
    this.#trace.note(
      `${meeting.ends[side].name} is done with ${meeting.ends[side === 0 ? 1 : 0].name}: ${textOf(how)}`,
    )
    if (meeting.outcome[0] === undefined || meeting.outcome[1] === undefined) return
    meeting.connection.reset()
    this.open.delete(meeting)
  }

  /** Small bounds make the protocol take turns that sound sizes need years for. */
  #limits(): Partial<SyncLimits> {
    const random = this.#random
    return {
      windowRuns: random.pick([1, 2, 1024]),
      listFrameBytes: random.pick([40, 256 * 1024]),
      compressMinBytes: random.pick([1, 256, 100_000]),
    }
  }
}

function isExpected(error: unknown, { sameKey }: Meeting, shared: ReadonlySet<LogId>): boolean {
  if (!(error instanceof HoldfastError)) return false
  if (expected.has(error.code)) return true
  // While two sessions bring the two continuations of one log, the second one's can't be told from a forged one. The next
  // session compares what both hold by then, and finds the fork.
  if (error.code === 'PEER_INVALID' && [...shared].some((log) => error.message.includes(log.slice(0, 8))))
    return true
  // Two copies of one machine have one key until either finds out: they refuse each other.
  return error.code === 'PEER_REFUSED' && sameKey
}

function textOf(how: SyncResult | Error): string {
  if (how instanceof HoldfastError) return `${how.code} ${how.message}`
  if (how instanceof Error) return how.message
  const { ended, sent, received, forks, missing, detached, unreadable } = how
  const rest = [forks, missing, detached, unreadable].map(({ length }) => length)
  return `${ended}, ${sent} sent, ${received} received, ${rest.join(' ')}`
}
