import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Codec } from '../../../src/transport/sync/codecs.js'
import type { Message } from '../../../src/transport/sync/messages.js'
import type { FakeLog } from './fake-log.js'
import { FakeHost, errorOf, inlineCodec, resultOf, SyncWorld } from './sync-world.js'
import { runMessage, scene, sufferAfterAgreement, wantNothing } from './villain.js'
import type { Scene } from './villain.js'

/** What a host does before it is done: waits, appends to its own log, and so on. */
interface Work {
  readonly waitMs: readonly number[]
  /** Also takes in a log of a third host half way, as another session may. */
  readonly hears: boolean
}

const work: fc.Arbitrary<Work> = fc.record({
  waitMs: fc.array(fc.nat(400), { maxLength: 4 }),
  hears: fc.boolean(),
})

interface Party {
  readonly host: FakeHost
  readonly log: FakeLog
  /** All that this host's work adds, and how often it was begun. */
  readonly added: FakeLog[]
  begun: number
}

function party(name: string, seed: number): Party {
  const host = new FakeHost(name, seed)
  const log = host.newLog(6)
  host.replica.write(log)
  host.replica.runMaxEvents = 2
  return { host, log, added: [], begun: 0 }
}

/** What is being packed is neither queued nor on its way: a session must not take that for nothing. */
function slowCodec(world: SyncWorld): Codec {
  const compress = async (bytes: Uint8Array): Promise<Uint8Array> => {
    await world.clock.sleep(world.random.int(60))
    return inlineCodec.compress(bytes)
  }
  return { ...inlineCodec, compress }
}

/** What the other had at the session's beginning is here. */
function expectAllOf(at: Party, of: FakeLog, events: number): void {
  expect(at.host.replica.held(of.log)).toEqual([{ from: 0, to: events }])
}

function doing(world: SyncWorld, mine: Party, theirs: Party, { waitMs, hears }: Work) {
  return async (): Promise<void> => {
    mine.begun += 1
    expect(mine.host.replica.held(theirs.log.log)[0]?.to).toBeGreaterThanOrEqual(6)
    expect(theirs.host.replica.held(mine.log.log)[0]?.to).toBeGreaterThanOrEqual(6)
    if (hears) {
      const heard = new FakeHost(`third ${mine.host.name}`, mine.host.name).newLog(3)
      mine.added.push(heard)
      mine.host.replica.hear(heard)
    }
    for (const ms of waitMs) {
      await world.clock.sleep(ms)
      mine.host.replica.append(mine.log, ...mine.host.payloads(3))
    }
  }
}

describe('work before a session is done', () => {
  it('ends with both holding all that either added, however long each works and the link takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(work, { nil: undefined }),
        fc.option(work, { nil: undefined }),
        fc.nat(0xffff),
        async (ofA, ofB, seed) => {
          const world = new SyncWorld(seed)
          const [a, b] = [party('a', seed), party('b', seed)]
          for (const { host } of [a, b])
            host.replica.beforeStore = () => world.clock.sleep(world.random.int(150))
          const common = { codecs: [slowCodec(world)], limits: { compressMinBytes: 1 } }
          const outcomes = await world.meet(a.host, b.host, {
            a: { ...common, ...(ofA && { beforeDone: doing(world, a, b, ofA) }) },
            b: { ...common, ...(ofB && { beforeDone: doing(world, b, a, ofB) }) },
            link: { delayMaxMs: 90, pieceMaxBytes: 120, bufferBytes: 300 },
          })
          const [left, right] = outcomes.map(resultOf)
          expect([a.begun, b.begun]).toEqual([ofA ? 1 : 0, ofB ? 1 : 0])
          for (const each of [a, b]) {
            expectAllOf(each, a.log, a.log.events.length)
            expectAllOf(each, b.log, b.log.events.length)
            for (const heard of [...a.added, ...b.added]) expectAllOf(each, heard, 3)
          }
          expect([left?.sent, right?.sent]).toEqual([right?.received, left?.received])
          for (const { host } of [a, b])
            expect(new Set(host.replica.arrivals).size).toBe(host.replica.arrivals.length)
          // Both remember the same: the next session tells nothing and moves nothing.
          const [again] = (await world.meet(a.host, b.host)).map(resultOf)
          expect(again).toMatchObject({ sent: 0, received: 0 })
          expect(again?.bytesSent).toBeLessThan(800)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('may take hours while the other waits', async () => {
    const world = new SyncWorld('hours')
    const [a, b] = [party('a', 1), party('b', 1)]
    const beforeDone = async (): Promise<void> => {
      await world.clock.sleep(3 * 3_600_000)
      a.host.replica.append(a.log, ...a.host.payloads(2))
    }
    const [left] = await world.run(world.meetLater(a.host, b.host, { a: { beforeDone } }), 86_400_000)
    expect(resultOf(left)).toMatchObject({ ended: 'done', sent: 8 })
    expectAllOf(b, a.log, 8)
  })

  it('is given up where it takes longer than the other waits', async () => {
    const world = new SyncWorld('bound')
    const [a, b] = [party('a', 2), party('b', 2)]
    let aborted = false
    const beforeDone = async (signal: AbortSignal): Promise<void> => {
      await world.clock.sleep(86_400_000, signal)
      aborted = signal.aborted
    }
    const limits = { settleMs: 600_000 }
    const [left, right] = await world.meet(a.host, b.host, { a: { beforeDone }, b: { limits } })
    expect(errorOf(right)).toMatchObject({ message: 'the peer has not gone on for 600 s' })
    expect(errorOf(left)).toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(aborted).toBe(true)
  })

  it('fails the session with its error, when what moved is durable', async () => {
    const world = new SyncWorld('throws')
    const [a, b] = [party('a', 3), party('b', 3)]
    const broken = new Error('no room')
    const [left, right] = await world.meet(a.host, b.host, {
      a: { beforeDone: () => Promise.reject(broken) },
    })
    expect(errorOf(left)).toBe(broken)
    expect(errorOf(right)).toMatchObject({ code: 'PEER_UNREACHABLE' })
    expectAllOf(a, b.log, 6)
    expectAllOf(b, a.log, 6)
  })

  it('keeps to itself what is added where nobody works', async () => {
    const world = new SyncWorld('alone')
    const [a, b] = [party('a', 4), party('b', 4)]
    b.host.replica.beforeStore = () => {
      if (a.log.events.length < 9) a.host.replica.append(a.log, ...a.host.payloads(1))
      return Promise.resolve()
    }
    const [left] = (await world.meet(a.host, b.host)).map(resultOf)
    expect(left?.sent).toBe(6)
  })

  it('comes after the end where the peer does not know of it, and moves next time', async () => {
    const world = new SyncWorld('older')
    const [a, b] = [party('a', 5), party('b', 5)]
    const beforeDone = async (): Promise<void> => {
      a.begun += 1
      await world.clock.sleep(600_000)
      a.host.replica.append(a.log, ...a.host.payloads(2))
    }
    const [left] = (await world.meet(a.host, b.host, { a: { beforeDone }, b: { features: [] } })).map(
      resultOf,
    )
    expect([left?.sent, a.begun]).toEqual([6, 1])
    expectAllOf(b, a.log, 6)
    const [next] = (await world.meet(a.host, b.host)).map(resultOf)
    expect(next?.sent).toBe(2)
  })

  it('is left out of a dry run', async () => {
    const world = new SyncWorld('dry')
    const [a, b] = [party('a', 6), party('b', 6)]
    const beforeDone = (): Promise<void> => {
      a.begun += 1
      return Promise.resolve()
    }
    for (const features of [undefined, []]) {
      const ofB = features ? { features } : {}
      const outcomes = await world.meet(a.host, b.host, { a: { beforeDone, dryRun: true }, b: ofB })
      expect(outcomes.map(resultOf)).toHaveLength(2)
    }
    expect(a.begun).toBe(0)
  })

  it('ends with an interruption, and waits until the work saw it', async () => {
    const world = new SyncWorld('stop')
    const [a, b] = [party('a', 7), party('b', 7)]
    const stop = new AbortController()
    let over = false
    const beforeDone = async (signal: AbortSignal): Promise<void> => {
      stop.abort()
      await world.clock.sleep(60_000, signal)
      await world.clock.sleep(50)
      over = true
    }
    const [left] = await world.meet(a.host, b.host, { a: { beforeDone, signal: stop.signal } })
    expect(errorOf(left)).toMatchObject({ code: 'INTERRUPTED' })
    expect(over).toBe(true)
  })
})

describe('a peer that is settled where it can’t be', () => {
  const cases: readonly (readonly [string, (at: Scene) => readonly Message[]])[] = [
    ['before it sent everything', () => [wantNothing, { type: 'settled' }]],
    ['twice', () => [wantNothing, { type: 'served' }, { type: 'settled' }, { type: 'settled' }]],
    [
      'and sends more',
      ({ ofVillain }) => [wantNothing, { type: 'served' }, { type: 'settled' }, runMessage(ofVillain, 0, 6)],
    ],
    [
      'and done before that',
      () => [wantNothing, { type: 'served' }, { type: 'close', code: 'done', text: '' }],
    ],
  ]

  it.each(cases)('%s', async (_, messages) => {
    const at = scene('settled')
    const outcome = await sufferAfterAgreement(at, async (channel) => {
      for (const message of messages(at)) await channel.send(message)
    })
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL' })
  })

  it('in a live session', async () => {
    const at = scene('settled live')
    const say: readonly Message[] = [wantNothing, { type: 'served' }, { type: 'settled' }]
    const outcome = await sufferAfterAgreement(
      at,
      async (channel) => {
        for (const message of say) await channel.send(message)
      },
      { mode: 'live' },
    )
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL' })
  })
})
