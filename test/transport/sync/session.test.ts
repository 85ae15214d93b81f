import { describe, expect, it } from 'vitest'
import { nodeCodecs } from '../../../src/transport/sync/codecs.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import type { SyncProgress } from '../../../src/transport/sync/sync-types.js'
import { createMemoryLinks } from '../../../src/transport/links/memory-link.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { FakeLog } from './fake-log.js'
import { FakeHost, errorOf, resultOf, SyncWorld } from './sync-world.js'

function hosts(seed: number | string): readonly [FakeHost, FakeHost] {
  return [new FakeHost('a', seed), new FakeHost('b', seed)]
}

describe('a session', () => {
  it('brings each what the other has, and tells how it went', async () => {
    const world = new SyncWorld(1)
    const [a, b] = hosts(1)
    const ofA = a.newLog(10)
    const ofB = b.newLog(7)
    a.replica.write(ofA)
    b.replica.write(ofB)
    const seen: SyncProgress[] = []
    const [left, right] = (
      await world.meet(a, b, { a: { onProgress: (progress) => seen.push(progress) } })
    ).map(resultOf)
    expect(left).toMatchObject({ ended: 'done', sent: 10, received: 7, peer: { hostName: 'b' } })
    expect(right).toMatchObject({
      ended: 'done',
      sent: 7,
      received: 10,
      peer: { publicKey: a.key.publicKey },
    })
    expect(left?.bytesSent).toBe(right?.bytesReceived)
    expect(b.replica.held(ofA.log)).toEqual([{ from: 0, to: 10 }])
    expect(a.replica.held(ofB.log)).toEqual([{ from: 0, to: 7 }])
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['handshake', 'comparing', 'moving'])
    expect(seen.at(-1)).toMatchObject({ sent: 10, received: 7, toSend: 0, toReceive: 0 })
    expect(a.replica.listeners + b.replica.listeners).toBe(0)
  })

  it('counts an event as sent when it is durable there, not before', async () => {
    const world = new SyncWorld('durable')
    const [a, b] = hosts('durable')
    a.replica.write(a.newLog(8))
    a.replica.runMaxEvents = 2
    let seen: SyncProgress | undefined
    let stored = 0
    b.replica.beforeStore = async (run) => {
      await world.clock.sleep(100)
      expect(seen?.sent).toBeLessThanOrEqual(stored)
      // What is not durable there is either queued or on its way.
      expect((seen?.toSend ?? 0) + (seen?.inFlight ?? 0)).toBeGreaterThanOrEqual(8 - stored)
      stored += run.events.length
    }
    const [left] = (await world.meet(a, b, { a: { onProgress: (progress) => (seen = progress) } })).map(
      resultOf,
    )
    expect([left?.sent, stored, seen?.toSend, seen?.inFlight]).toEqual([8, 8, 0, 0])
  })

  it('moves nothing a second time', async () => {
    const world = new SyncWorld(2)
    const [a, b] = hosts(2)
    a.replica.write(a.newLog(10))
    await world.meet(a, b)
    const [left] = (await world.meet(a, b)).map(resultOf)
    expect(left).toMatchObject({ sent: 0, received: 0 })
    expect(b.replica.arrivals).toHaveLength(10)
  })

  it('sends again what the peer lost since both remembered to have it', async () => {
    const world = new SyncWorld('lost')
    const [a, b] = hosts('lost')
    const logs = [a.newLog(5), a.newLog(5)]
    for (const log of logs) a.replica.write(log)
    await world.meet(a, b)
    // The whole of one log, and the middle of another.
    b.replica.lose(logs[0]?.log ?? '', [{ from: 0, to: 5 }])
    b.replica.lose(logs[1]?.log ?? '', [{ from: 1, to: 3 }])
    const [left] = (await world.meet(a, b)).map(resultOf)
    expect(left?.sent).toBe(7)
    for (const { log } of logs) expect(b.replica.held(log)).toEqual([{ from: 0, to: 5 }])
  })

  it.each([
    ['pushes', { send: true, receive: false }, { sent: 10, received: 0 }],
    ['pulls', { send: false, receive: true }, { sent: 0, received: 7 }],
  ])('%s alone where asked to', async (_, direction, moved) => {
    const world = new SyncWorld(3)
    const [a, b] = hosts(3)
    a.replica.write(a.newLog(10))
    b.replica.write(b.newLog(7))
    const [left, right] = (await world.meet(a, b, { a: direction })).map(resultOf)
    expect(left).toMatchObject(moved)
    expect(right).toMatchObject({ sent: moved.received, received: moved.sent })
    expect(right?.missing).toEqual([])
  })

  it('leaves logs that a filter holds back, and brings them when it is lifted', async () => {
    const world = new SyncWorld(4)
    const [a, b] = hosts(4)
    const open = a.newLog(5)
    const closed = FakeLog.open(a.key, world.random)
    closed.append(...a.payloads(3))
    for (const log of [open, closed]) a.replica.write(log)
    const filter = (log: string): boolean => log !== closed.log
    const [left] = (await world.meet(a, b, { a: { filter } })).map(resultOf)
    expect(left?.sent).toBe(5)
    expect(b.replica.held(closed.log)).toEqual([])
    const [wary] = (await world.meet(a, b, { b: { filter } })).map(resultOf)
    expect(wary?.sent).toBe(0)
    const [lifted] = (await world.meet(a, b)).map(resultOf)
    expect(lifted?.sent).toBe(3)
  })

  it('counts in a dry run exactly what the real one then moves, and leaves no trace', async () => {
    const world = new SyncWorld(5)
    const [a, b] = hosts(5)
    const ofA = a.newLog(10, 100)
    const ofB = b.newLog(7, 60)
    a.replica.write(ofA)
    b.replica.write(ofB)
    const [left, right] = (await world.meet(a, b, { a: { dryRun: true } })).map(resultOf)
    const plan = [
      { log: ofA.log, direction: 'send', events: 10, bytes: 1000 },
      { log: ofB.log, direction: 'receive', events: 7, bytes: 420 },
    ].sort((x, y) => (x.log < y.log ? -1 : 1))
    expect(left?.plan).toEqual(plan)
    expect(right?.plan).toHaveLength(2)
    expect([...a.replica.arrivals, ...b.replica.arrivals, ...a.memory.saved, ...b.memory.saved]).toEqual([])
    const [real] = (await world.meet(a, b)).map(resultOf)
    expect(real).toMatchObject({ sent: 10, received: 7, plan: undefined })
  })

  it('is refused where the peer is not authorised, before anything is told', async () => {
    const world = new SyncWorld(6)
    const [a, b] = hosts(6)
    a.replica.write(a.newLog(3))
    const [left, right] = await world.meet(a, b, { b: { authorise: () => ({ refuse: 'not on the list' }) } })
    expect(errorOf(left)).toMatchObject({
      code: 'PEER_REFUSED',
      message: 'the peer refused: not on the list',
    })
    expect(errorOf(right)).toMatchObject({ code: 'PEER_REFUSED', message: 'not on the list' })
    expect(b.replica.arrivals).toEqual([])
  })

  it('ends when interrupted, at once and for both', async () => {
    const world = new SyncWorld(7)
    const [a, b] = hosts(7)
    a.replica.write(a.newLog(50))
    const stop = new AbortController()
    b.replica.beforeStore = async () => {
      stop.abort()
      await world.clock.sleep(10)
    }
    const [left, right] = await world.meet(a, b, { a: { signal: stop.signal } })
    expect(errorOf(left)).toMatchObject({ code: 'INTERRUPTED' })
    expect(errorOf(right)).toMatchObject({ code: 'PEER_UNREACHABLE', message: 'the peer is shutting down' })
    const gone = await world.meet(a, b, { a: { signal: AbortSignal.abort() } })
    expect(gone.map(errorOf)).toMatchObject([{ code: 'INTERRUPTED' }, {}])
  })

  it('goes on with other logs where one can’t be read', async () => {
    const world = new SyncWorld(8)
    const [a, b] = hosts(8)
    const [sound, damaged] = [a.newLog(6), a.newLog(6)]
    for (const log of [sound, damaged]) a.replica.write(log)
    a.replica.unreadable.add(`${damaged.log}@4`)
    const [left, right] = (await world.meet(a, b)).map(resultOf)
    expect(left).toMatchObject({
      sent: 10,
      unreadable: [{ log: damaged.log, explained: 'event 4 is damaged' }],
    })
    expect(right?.missing).toEqual([{ log: damaged.log, ranges: [{ from: 4, to: 6 }] }])
  })

  it('fails where the store does, with the store’s error', async () => {
    const world = new SyncWorld(9)
    const [a, b] = hosts(9)
    a.replica.write(a.newLog(6))
    b.replica.beforeStore = () => Promise.reject(new Error('disk on fire'))
    const [left, right] = await world.meet(a, b)
    expect(errorOf(right)).toMatchObject({ message: 'disk on fire' })
    expect(errorOf(left)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.not.stringContaining('disk'),
    })
  })

  it('gives up a peer that is silent, and one that only says it is alive', async () => {
    const world = new SyncWorld(10)
    const [a, b] = hosts(10)
    const [left] = world.links()
    const alone = await world.run(world.start(a, left, 'initiator'))
    expect(errorOf(alone)).toMatchObject({ code: 'PEER_UNREACHABLE', message: 'no handshake within 30 s' })
    a.replica.write(a.newLog(6))
    b.replica.beforeStore = () => world.clock.sleep(86_400_000)
    const [near, far] = world.links()
    const stuck = world.start(b, far, 'responder')
    const waiting = await world.run(world.start(a, near, 'initiator'))
    expect(errorOf(waiting)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: 'the peer has not gone on for 180 s',
    })
    expect(errorOf(await world.run(stuck, 90_000_000))).toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('works with the codecs of this Node, in real time', async () => {
    const world = new SyncWorld(11)
    const [a, b] = hosts(11)
    const log = a.newLog(30, 20_000)
    a.replica.write(log)
    const real = { clock: systemClock, codecs: nodeCodecs() }
    const { near: left, far: right } = createMemoryLinks({ clock: systemClock, random: world.random })
    const [sender] = (
      await Promise.all([world.start(a, left, 'initiator', real), world.start(b, right, 'responder', real)])
    ).map(resultOf)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: 30 }])
    // Hex digits carry half of what they take.
    expect(sender?.bytesSent).toBeLessThan(30 * 20_000 * 0.65)
  })
})

describe('flow control', () => {
  it('lets a slow receiver bound what the sender reads', async () => {
    const world = new SyncWorld(12)
    const [a, b] = hosts(12)
    const log = a.newLog(60, 1000)
    a.replica.write(log)
    a.replica.runMaxEvents = 1
    let stored = 0
    let read = 0
    let mostAhead = 0
    const reader = a.replica.read.bind(a.replica)
    a.replica.read = async function* (id, range) {
      for await (const run of reader(id, range)) {
        read += run.events.length
        mostAhead = Math.max(mostAhead, read - stored)
        yield run
      }
    }
    b.replica.beforeStore = async () => {
      await world.clock.sleep(50)
      stored += 1
    }
    const limits = { ...syncLimits, windowBytes: 5000 }
    const [left] = (await world.meet(a, b, { b: { limits } })).map(resultOf)
    expect(left?.sent).toBe(60)
    // Four runs fill the window; one waits for it, one is being packed.
    expect(mostAhead).toBeLessThanOrEqual(7)
    expect(mostAhead).toBeGreaterThanOrEqual(4)
  })

  it('lets a run pass that is larger than the window', async () => {
    const world = new SyncWorld(13)
    const [a, b] = hosts(13)
    a.replica.write(a.newLog(9, 1000))
    const [left] = (await world.meet(a, b, { b: { limits: { windowBytes: 10 } } })).map(resultOf)
    expect(left?.sent).toBe(9)
  })

  it('does not wait for ever where both ends send more than the link takes', async () => {
    const world = new SyncWorld(14)
    const [a, b] = hosts(14)
    a.replica.write(a.newLog(80, 2000))
    b.replica.write(b.newLog(80, 2000))
    const limits = { ...syncLimits, listFrameBytes: 200 }
    const both = { a: { limits, codecs: [] }, b: { limits, codecs: [] } }
    const [left] = (await world.meet(a, b, { ...both, link: { bufferBytes: 64, delayMaxMs: 5 } })).map(
      resultOf,
    )
    expect(left).toMatchObject({ sent: 80, received: 80 })
  })
})
