import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { Backoff } from '../../src/daemon/backoff.js'
import type { ConfiguredPeer } from '../../src/daemon/config.js'
import type { Connect, ConnectHooks } from '../../src/daemon/peer-connection.js'
import type { LiveProgress } from '../../src/daemon/session-watch.js'
import { PeerConnections } from '../../src/daemon/peer-connections.js'
import { peerLimits } from '../../src/daemon/peer-limits.js'
import { fingerprint } from '../../src/daemon/peer-trust.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { ManualClock, middling, quiet } from './manual-clock.js'

/** A session with a peer that the test plays. */
interface Played extends ConnectHooks {
  readonly peer: ConfiguredPeer
  end(how: 'done' | 'shutdown'): void
  fail(error: Error): void
}

let clock: ManualClock
let played: Played[]
let connections: PeerConnections
let contacts: string[]

const peer = (name: string, more: Partial<ConfiguredPeer> = {}): ConfiguredPeer => ({
  name,
  url: `exec:${name}`,
  direction: 'both',
  ...more,
})
const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const print = (n: number): string => fingerprint(key(n))
/** Two keys by the order of their fingerprints. */
const [low, high] = [1, 2].toSorted((a, b) => (print(a) < print(b) ? -1 : 1)) as [number, number]

function progress(phase: LiveProgress['phase'], more: Partial<LiveProgress> = {}): LiveProgress {
  const moved = { sent: 0, received: 0, bytesSent: 0, bytesReceived: 0 }
  const counts = { ...moved, toSend: 0, toReceive: 0, inFlight: 0 }
  return { phase, peer: { hostName: 'far', publicKey: key(low) }, ...counts, ...more }
}

const connect: Connect = (to, hooks) =>
  new Promise((resolve, reject) => {
    played.push({ ...hooks, peer: to, end: resolve, fail: reject })
    hooks.signal.addEventListener('abort', () => resolve('shutdown'), { once: true })
  })

beforeEach(() => {
  clock = new ManualClock()
  played = []
  contacts = []
  connections = new PeerConnections({
    connect,
    clock,
    random: middling,
    limits: peerLimits,
    ownKey: () => print(high),
    onContact: ({ name }) => void contacts.push(name),
    onState: () => undefined,
  })
})
afterEach(() => connections.stop())

const last = (): Played => played.at(-1)!
const report = (name = 'b') => connections.report(name)!
const gone = () => new HoldfastError('PEER_UNREACHABLE', 'it went away')

async function live(n = low): Promise<void> {
  last().onAccepted(print(n))
  last().onProgress(progress('live'))
  await quiet()
}

describe('waits between attempts', () => {
  it('grow up to their bound, never beyond, never to nothing, and begin anew after a reset', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 80 }), (draws) => {
        const left = [...draws]
        const backoff = new Backoff(peerLimits.retry, { bytes: () => left.shift() ?? new Uint8Array(4) })
        const { firstMs, maxMs, factor } = peerLimits.retry
        for (const [n] of draws.entries()) {
          const length = Math.min(maxMs, firstMs * factor ** n)
          const ms = backoff.next()
          expect(ms).toBeGreaterThanOrEqual(Math.floor(length / 2))
          expect(ms).toBeLessThanOrEqual(length)
        }
        backoff.reset()
        expect(backoff.next()).toBeLessThanOrEqual(firstMs)
      }),
    )
  })
})

describe('a peer that is away', () => {
  it('is tried again, less and less often', async () => {
    connections.apply([peer('b')])
    const waits: number[] = []
    for (let n = 0; n < 12; n++) {
      await quiet()
      last().fail(gone())
      await quiet()
      expect(report()).toMatchObject({ state: 'waiting', error: { code: 'PEER_UNREACHABLE' } })
      const ms = report().retryMs! - clock.now()
      waits.push(ms)
      await clock.pass(ms - 1)
      expect(played).toHaveLength(n + 1)
      await clock.pass(1)
      expect(played).toHaveLength(n + 2)
    }
    expect(waits.slice(0, 3)).toEqual([188, 375, 750])
    expect(waits.at(-1)).toBe(45_000)
  })

  it('is tried at once after a session that was live for a good while, and less quickly after a short one', async () => {
    connections.apply([peer('b')])
    for (let n = 0; n < 5; n++) {
      await quiet()
      await live()
      last().fail(gone())
      await clock.pass(5_000)
    }
    await quiet()
    await live()
    await clock.pass(1_000)
    last().fail(gone())
    await quiet()
    expect(report().retryMs! - clock.now()).toBeGreaterThan(5_000)
    await clock.pass(60_000)
    await live()
    await clock.pass(peerLimits.steadyAfterMs)
    last().fail(gone())
    await quiet()
    expect(report().retryMs! - clock.now()).toBe(188)
  })

  it('that refuses is left alone for long, with the reason and the next step', async () => {
    connections.apply([peer('b')])
    last().fail(new HoldfastError('PEER_REFUSED', 'another key', { next: 'Accept it.' }))
    await quiet()
    expect(report()).toMatchObject({
      state: 'refused',
      error: { message: 'another key', next: 'Accept it.' },
    })
    await clock.pass(40_000)
    expect(played).toHaveLength(1)
    await clock.pass(10_000)
    expect(played).toHaveLength(2)
  })

  it('that does not stay is met again and again', async () => {
    connections.apply([peer('b')])
    last().onAccepted(print(low))
    last().end('done')
    await quiet()
    expect(report()).toMatchObject({ state: 'waiting', error: null })
    await clock.pass(peerLimits.revisitEveryMs)
    expect(played).toHaveLength(2)
  })

  it('is tried now where somebody asks for it', async () => {
    connections.apply([peer('b')])
    last().fail(new HoldfastError('PEER_REFUSED', 'another key'))
    await quiet()
    connections.of('b')!.wake()
    await quiet()
    expect(played).toHaveLength(2)
  })
})

describe('a machine that slept', () => {
  it('meets every peer anew at once, whatever its link seems to be', async () => {
    connections.apply([peer('b'), peer('c')])
    await live()
    played[0]!.fail(gone())
    await quiet()
    const before = played.length
    clock.suspend(10_000)
    await clock.pass(peerLimits.tickEveryMs)
    const short = played.length
    clock.suspend(3_600_000)
    await clock.pass(peerLimits.tickEveryMs)
    expect(played.filter(({ peer: { name } }) => name === 'c')).toHaveLength(2)
    expect(played.length).toBeGreaterThan(short)
    expect(before).toBeLessThanOrEqual(short)
  })
})

describe('the config', () => {
  it('begins, ends and changes connections, and leaves the others alone', async () => {
    connections.apply([peer('b'), peer('c')])
    await live()
    const [b, c] = played as [Played, Played]
    connections.apply([peer('b', { direction: 'push' }), peer('c', { key: print(low) }), peer('d')])
    await quiet()
    expect(b.signal.aborted).toBe(true)
    expect(c.signal.aborted).toBe(false)
    expect(played.map((each) => each.peer.name)).toEqual(['b', 'c', 'b', 'd'])
    expect(played[2]!.peer.direction).toBe('push')
    connections.apply([])
    await quiet()
    expect(played.every(({ signal }) => signal.aborted)).toBe(true)
    expect(connections.report('c')).toBeNull()
  })

  it('that takes a peer’s key back begins its connection anew; a key that was met does not', async () => {
    connections.apply([peer('b', { key: print(low) })])
    connections.apply([peer('b')])
    await quiet()
    expect(played).toHaveLength(2)
    expect(played[1]!.peer.key).toBeUndefined()
    await live()
    connections.apply([peer('b', { key: print(low) })])
    await quiet()
    expect(played).toHaveLength(2)
    last().fail(gone())
    await clock.pass(1_000)
    expect(last().peer.key).toBe(print(low))
  })
})

describe('two hosts that name each other', () => {
  it('keep the session that the host with the lower fingerprint opened', async () => {
    connections.apply([peer('b')])
    await live()
    expect(report()).toMatchObject({ state: 'live', inbound: false })
    const inbound = connections.beginInbound()
    inbound.onProgress(progress('moving'))
    await quiet()
    expect(last().signal.aborted).toBe(false)
    inbound.onProgress(progress('live'))
    await quiet()
    expect(last().signal.aborted).toBe(true)
    expect(report()).toMatchObject({ state: 'live', inbound: true })
    await clock.pass(3 * peerLimits.revisitEveryMs)
    expect(played).toHaveLength(1)
    inbound.end()
    await quiet()
    expect(played).toHaveLength(2)
  })

  it('do not give up their own session for one of a host with a higher one', async () => {
    await connections.stop()
    connections = new PeerConnections({
      connect,
      clock,
      random: middling,
      limits: peerLimits,
      ownKey: () => print(low),
      onContact: () => undefined,
      onState: () => undefined,
    })
    connections.apply([peer('b')])
    await live(high)
    const inbound = connections.beginInbound()
    inbound.onProgress(progress('live', { peer: { hostName: 'far', publicKey: key(high) } }))
    await quiet()
    expect(last().signal.aborted).toBe(false)
    expect(connections.inbound).toMatchObject([{ host: 'far', key: print(high) }])
  })

  it('are served only so often at once', () => {
    const sessions = Array.from({ length: peerLimits.inboundMax }, () => connections.beginInbound())
    expect(() => connections.beginInbound()).toThrow(expect.objectContaining({ code: 'PEER_UNREACHABLE' }))
    sessions[0]!.end()
    connections.beginInbound()
  })
})

describe('whoever waits for a peer', () => {
  const waits = new AbortController().signal

  it('hears what moved until nothing was on its way', async () => {
    connections.apply([peer('b')])
    last().onAccepted(print(low))
    last().onProgress(progress('moving', { sent: 3, toSend: 4 }))
    const caughtUp = connections.of('b')!.caughtUp(waits)
    let over = false
    void caughtUp.then(() => (over = true))
    last().onProgress(progress('live', { sent: 5, toSend: 2, received: 1, bytesSent: 50 }))
    await quiet()
    last().onProgress(progress('live', { sent: 6, inFlight: 1, received: 1 }))
    await quiet()
    expect(over).toBe(false)
    last().onProgress(progress('live', { sent: 7, received: 1, bytesSent: 70 }))
    expect(await caughtUp).toEqual({
      key: print(low),
      sent: 4,
      received: 1,
      bytesSent: 70,
      bytesReceived: 0,
    })
  })

  it('is told that there is no session, or that it ended', async () => {
    connections.apply([peer('b')])
    const b = connections.of('b')!
    expect(await b.caughtUp(waits)).toBeNull()
    last().onAccepted(print(low))
    last().onProgress(progress('moving', { toSend: 4 }))
    const caughtUp = b.caughtUp(waits)
    last().fail(gone())
    expect(await caughtUp).toBeNull()
    const stop = new AbortController()
    await clock.pass(1_000)
    last().onAccepted(print(low))
    last().onProgress(progress('moving', { toSend: 4 }))
    const given = b.caughtUp(stop.signal)
    stop.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
  })
})

describe('the end', () => {
  it('ends every session and begins none any more', async () => {
    connections.apply([peer('b'), peer('c')])
    await live()
    expect(contacts).toEqual(['c'])
    await connections.stop()
    expect(played.every(({ signal }) => signal.aborted)).toBe(true)
    connections.apply([peer('d')])
    await clock.pass(100_000)
    expect(played).toHaveLength(2)
  })
})
