import { describe, expect, it } from 'vitest'
import type { SyncProgress } from '../../../src/transport/sync/sync-types.js'
import type { FakeLog } from './fake-log.js'
import { FakeHost, errorOf, resultOf, SyncWorld } from './sync-world.js'
import type { Meeting, Outcome } from './sync-world.js'

/** A live session that both hosts are in, and what they have seen of it. */
async function live(world: SyncWorld, a: FakeHost, b: FakeHost, meeting: Meeting = {}) {
  const stop = new AbortController()
  let progress: SyncProgress | undefined
  const onProgress = (seen: SyncProgress): void => {
    progress = seen
  }
  const over: Promise<readonly [Outcome, Outcome]> = world.meetLater(a, b, {
    ...meeting,
    a: { mode: 'live', signal: stop.signal, onProgress, ...meeting.a },
    b: { mode: 'live', ...meeting.b },
  })
  await world.pass(1000)
  return {
    stop,
    /** Bytes on the wire, both ways. */
    bytes: () => (progress?.bytesSent ?? 0) + (progress?.bytesReceived ?? 0),
    phase: () => progress?.phase,
    end: async () => {
      stop.abort()
      return (await world.run(over)).map(resultOf)
    },
    over: () => world.run(over),
  }
}

function shared(seed: number, events = 40): { a: FakeHost; b: FakeHost; log: FakeLog } {
  const [a, b] = [new FakeHost('a', seed), new FakeHost('b', seed)]
  const log = a.newLog(events)
  a.replica.write(log)
  return { a, b, log }
}

describe('a live session', () => {
  it('passes on what is added, at once and both ways, and ends in order', async () => {
    const world = new SyncWorld(1)
    const { a, b, log } = shared(1)
    const other = b.newLog(2)
    b.replica.write(other)
    const session = await live(world, a, b)
    expect(session.phase()).toBe('live')
    a.replica.append(log, ...a.payloads(3))
    b.replica.append(other, ...b.payloads(2))
    await world.pass(0)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: 43 }])
    expect(a.replica.held(other.log)).toEqual([{ from: 0, to: 4 }])
    const [left, right] = await session.end()
    expect(left).toMatchObject({ ended: 'shutdown', sent: 43, received: 4 })
    expect(right).toMatchObject({ ended: 'shutdown', sent: 4, received: 43 })
    expect(b.replica.arrivals).toHaveLength(43)
  })

  it('begins a log that neither had at the start', async () => {
    const world = new SyncWorld(2)
    const { a, b } = shared(2)
    const session = await live(world, a, b)
    const late = a.newLog(0)
    a.replica.write(late)
    a.replica.append(late, ...a.payloads(2))
    await world.pass(0)
    expect(b.replica.held(late.log)).toEqual([{ from: 0, to: 2 }])
    await session.end()
  })

  it('relays between two peers, without an echo', async () => {
    const world = new SyncWorld(3)
    const { a, b, log } = shared(3)
    const c = new FakeHost('c', 3)
    const first = await live(world, a, b)
    const second = await live(world, b, c)
    a.replica.append(log, ...a.payloads(1))
    await world.pass(0)
    expect(c.replica.held(log.log)).toEqual([{ from: 0, to: 41 }])
    expect(a.replica.arrivals).toEqual([])
    expect(c.replica.arrivals).toHaveLength(41)
    await first.end()
    await second.end()
  })

  it('loses nothing that is added while the two still compare, or are at the first import', async () => {
    const world = new SyncWorld(4)
    const { a, b, log } = shared(4, 60)
    const stop = new AbortController()
    const mode = { mode: 'live' as const, signal: stop.signal }
    const over = world.meetLater(a, b, { a: mode, b: mode, link: { delayMaxMs: 30, bufferBytes: 300 } })
    for (let i = 0; i < 40; i += 1) {
      a.replica.append(log, ...a.payloads(1))
      await world.pass(25)
    }
    await world.pass(20_000)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: 100 }])
    expect(b.replica.arrivals).toHaveLength(100)
    stop.abort()
    await world.run(over)
  })

  it('does not let a new line wait for the import of another log', async () => {
    const world = new SyncWorld(5)
    const { a, b, log } = shared(5, 4)
    a.replica.write(a.newLog(400, 500))
    b.replica.beforeStore = () => world.clock.sleep(30)
    const options = { limits: { windowBytes: 4000 } }
    const session = await live(world, a, b, { a: options, b: options })
    expect(session.phase()).toBe('moving')
    const before = b.replica.arrivals.length
    a.replica.append(log, ...a.payloads(1))
    await world.pass(150)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: 5 }])
    expect(before).toBeLessThan(200)
    await session.end()
  })

  it('stays for hours in silence, and notices when the peer is gone', async () => {
    const world = new SyncWorld(6)
    const { a, b, log } = shared(6)
    let silent = false
    const tamper = (piece: Uint8Array): Uint8Array => (silent ? new Uint8Array() : piece)
    const session = await live(world, a, b, { link: { tamper } })
    await world.pass(7_200_000)
    a.replica.append(log, ...a.payloads(1))
    await world.pass(0)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: 41 }])
    silent = true
    const errors = (await session.over()).map(errorOf)
    for (const error of errors) expect(error).toMatchObject({ code: 'PEER_UNREACHABLE' })
    // One of them is first; the other then sees the link end.
    expect(errors).toContainEqual(expect.objectContaining({ message: 'the peer has been silent for 45 s' }))
  })

  it('takes no part where one end wants a single exchange', async () => {
    const world = new SyncWorld(7)
    const { a, b } = shared(7)
    const [left, right] = (await world.meet(a, b, { b: { mode: 'live' } })).map(resultOf)
    expect([left?.ended, right?.ended]).toEqual(['done', 'done'])
  })
})

describe('what it costs on the wire', () => {
  const history = 10_000

  it('is under 1.5 KB both ways for one line of 1 KB in a live session, whatever is shared already', async () => {
    const world = new SyncWorld(8)
    const { a, b, log } = shared(8, history)
    b.replica.place(log, [{ from: 0, to: history }])
    const session = await live(world, a, b)
    const before = session.bytes()
    a.replica.append(log, world.random.bytes(1024))
    await world.pass(0)
    expect(b.replica.held(log.log)).toEqual([{ from: 0, to: history + 1 }])
    const cost = session.bytes() - before
    expect(cost).toBeGreaterThan(1024)
    expect(cost).toBeLessThan(1250)
    await session.end()
  })

  it('is little more in a session of its own, as both remember the last one', async () => {
    const world = new SyncWorld(9)
    const { a, b, log } = shared(9, history)
    // Holes that stay make a have-set of some size.
    const holes = Array.from({ length: 100 }, (_, i) => ({ from: 10 * i, to: 10 * i + 5 }))
    const third = new FakeHost('c', 9).newLog(history)
    for (const host of [a, b]) host.replica.place(third, holes)
    b.replica.place(log, [{ from: 0, to: history }])
    const [told] = (await world.meet(a, b)).map(resultOf)
    a.replica.append(log, world.random.bytes(1024))
    const [line] = (await world.meet(a, b)).map(resultOf)
    expect(line?.sent).toBe(1)
    const cost = (line?.bytesSent ?? 0) + (line?.bytesReceived ?? 0)
    expect(cost).toBeLessThan(2500)
    // Without memory everything is told, and still only the line moves.
    a.memory.saved.clear()
    a.replica.append(log, world.random.bytes(1024))
    const [forgot] = (await world.meet(a, b)).map(resultOf)
    expect(forgot?.sent).toBe(1)
    expect(forgot?.bytesSent).toBeGreaterThan(4000)
    expect(told?.bytesSent).toBeLessThan(1000)
  })

  it('is the same after a live session that ended without a word', async () => {
    const world = new SyncWorld(10)
    const { a, b, log } = shared(10)
    const third = new FakeHost('c', 10).newLog(2000)
    a.replica.place(
      third,
      Array.from({ length: 100 }, (_, i) => ({ from: 10 * i, to: 10 * i + 5 })),
    )
    let cut = false
    const tamper = (piece: Uint8Array): Uint8Array => (cut ? new Uint8Array() : piece)
    const session = await live(world, a, b, { link: { tamper } })
    a.replica.append(log, ...a.payloads(1))
    await world.pass(100)
    cut = true
    await session.over()
    a.replica.append(log, world.random.bytes(1024))
    const [line] = (await world.meet(a, b)).map(resultOf)
    expect(line?.sent).toBe(1)
    // What begins behind each hole is asked for in vain, some bytes each.
    expect((line?.bytesSent ?? 0) + (line?.bytesReceived ?? 0)).toBeLessThan(3000)
  })
})
