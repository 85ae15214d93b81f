import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { toRanges } from '../../src/engine/core/ranges.js'
import type { OffsetRange } from '../../src/engine/ports/log.js'
import type { EventRun } from '../../src/engine/ports/replica.js'
import { systemClock } from '../../src/platform/system-clock.js'
import { encodeEvent } from '../../src/store/event-codec.js'
import { signedPointBytes } from '../../src/engine/core/signed-point.js'
import { eventDigest, nextChain } from '../../src/store/event-value.js'
import { eventKey } from '../../src/store/keys.js'
import { createMemoryLinks } from '../../src/transport/links/memory-link.js'
import { runSyncSession } from '../../src/transport/sync/sync-session.js'
import type { SyncResult } from '../../src/transport/sync/sync-types.js'
import { encodedOf, file, only, ReplicaHost } from './replica-world.js'

const nothing = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }

/** One session of two real stores. */
function meet(a: ReplicaHost, b: ReplicaHost): Promise<readonly [SyncResult, SyncResult]> {
  const { near, far } = createMemoryLinks({ clock: systemClock, random: a.tools.random })
  const end = (host: ReplicaHost, link: typeof near, role: 'initiator' | 'responder'): Promise<SyncResult> =>
    runSyncSession({
      link,
      role,
      replica: host.replica,
      identity: host.identity,
      memory: nothing,
      clock: systemClock,
      random: { bytes: (size) => Buffer.concat([host.tools.random.bytes(size - 1), Buffer.of(role.length)]) },
      hasher: host.tools.hasher,
      hostName: role,
      authorise: () => 'accept',
      mode: 'once',
      send: true,
      receive: true,
      codecs: [],
    })
  return Promise.all([end(a, near, 'initiator'), end(b, far, 'responder')])
}

/** Events disappear, and a check finds it. */
async function damage(host: ReplicaHost, log: string, offsets: readonly number[]): Promise<void> {
  await host.db.batch(
    offsets.map((offset) => ({ type: 'del', key: eventKey(log, offset) })),
    { sync: true },
  )
  await host.store.setLost(log, toRanges(offsets.map((from) => ({ from, to: from + 1 }))))
  await host.store.rebuildIndex(log)
  if (host.log === log) host.writer = host.store.openWriter(log)
}

const lostAt = (host: ReplicaHost, log: string): readonly OffsetRange[] | undefined =>
  host.store.reader.log(log)?.lost

let a: ReplicaHost
let b: ReplicaHost
let c: ReplicaHost

beforeEach(async () => {
  a = await ReplicaHost.create({ name: 'alder' })
  b = await ReplicaHost.create({ name: 'birch' })
  c = await ReplicaHost.create({ name: 'cedar' })
})

/** The log of `a` at `host`, in runs of these sizes: each ends at a point that was signed. */
async function took(host: ReplicaHost, sizes: readonly number[]): Promise<void> {
  let from = 0
  for (const size of sizes) {
    await host.take(a, a.log, { from, to: from + size })
    from += size
  }
}

describe('holes that hosts have at different places of one log', () => {
  const events = 12
  const sizes = fc.constantFrom([12], [3, 9], [1, 4, 2, 5], [6, 6], [2, 2, 2, 2, 2, 2])
  /** Who still has an event, as bits: never nobody. */
  const keepers = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: events, maxLength: events })

  it('are all filled, whoever meets whom first, whether the writer is among them or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        keepers,
        fc.oneof(
          fc.tuple(sizes, sizes, sizes),
          sizes.map((each) => [each, each, each]),
        ),
        fc.constantFrom('with the writer', 'without', 'without the end'),
        fc.infiniteStream(fc.constantFrom([0, 1] as const, [0, 2] as const, [1, 2] as const)),
        async (drawn, runs, among, pairs) => {
          a = await ReplicaHost.create({ name: 'alder' })
          b = await ReplicaHost.create({ name: 'birch' })
          c = await ReplicaHost.create({ name: 'cedar' })
          const third = among === 'with the writer' ? a : await ReplicaHost.create({ name: 'dogwood' })
          await a.record(...Array.from({ length: events - 1 }, (_, i) => `line ${i}\n`))
          const hosts = [b, c, third] as const
          // What nobody has stays lost, and with it the only signature that stands behind all that is before.
          const [kept, end] =
            among === 'without the end' ? [[...drawn.slice(0, -2), 7, 0], events - 1] : [drawn, events]
          const rest = toRanges([{ from: end, to: events }])
          const chain = a.chain(a.log)
          for (const [i, host] of hosts.entries()) {
            if (host !== a) await took(host, runs[i] ?? [events])
            const lost = kept.flatMap((bits, offset) => ((bits & (1 << i)) === 0 ? [offset] : []))
            await damage(host, a.log, lost)
          }
          let left = 60
          for (const [i, j] of pairs) {
            if (hosts.every((host) => lostAt(host, a.log)?.length === rest.length) || left-- === 0) break
            const [result] = await meet(hosts[i], hosts[j])
            expect(result.forks).toEqual([])
          }
          for (const host of hosts) {
            expect(lostAt(host, a.log)).toEqual(rest)
            expect(host.chain(a.log)).toBe(chain)
            expect(await host.damages(a.log)).toEqual(rest.map(({ from, to }) => `hole ${from}-${to}`))
            if (rest.length > 0) continue
            expect((await host.content(a.log)).toString().split('\n')).toHaveLength(events)
          }
          expect(hosts.flatMap(({ rolledBack }) => rolledBack)).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
  }, 30_000)

  it('may lie before all that is known of a log, which then has a name but no beginning', async () => {
    await a.record('one\n', 'two\n', 'three\n')
    await took(b, [4])
    await damage(b, a.log, [0, 1])
    const [, right] = await meet(b, c)
    expect(right).toMatchObject({ received: 2, missing: [], forks: [] })
    // Of its own log each holds the first event; of this one the end, but for the event whose chain nobody knows.
    expect(right.detached).toEqual([{ log: a.log, ranges: [{ from: 2, to: 3 }] }])
    expect(c.store.reader.log(a.log)).toMatchObject({ events: 4, lost: [{ from: 0, to: 3 }] })
    expect(c.chain(a.log)).toBe(a.chain(a.log))
    const [, filled] = await meet(a, c)
    expect(filled.received).toBe(3)
    expect(lostAt(c, a.log)).toEqual([])
    expect(c.store.reader.log(a.log)?.hostName).toBe('alder')
    expect(await c.damages(a.log)).toEqual([])
  })
})

describe('a run that begins behind a hole', () => {
  /** The end of the log of `a`, as `b` would send it to one that has nothing. */
  async function tail(from = 3): Promise<EventRun> {
    await a.record('one\n', 'two\n', 'three\n', 'four\n')
    const run = await only(a, a.log)
    const before = await a.replica.chainAt(a.log, from)
    return { ...run, from, events: run.events.slice(from), before: before! }
  }

  it('is kept when its signature proves the chain before it, and the hole is known as lost', async () => {
    const run = await tail()
    const added: OffsetRange[] = []
    b.replica.onAdded((_, range) => added.push(range))
    expect(await b.replica.store(run)).toEqual({ kind: 'stored', events: 2 })
    expect(added).toEqual([{ from: 3, to: 5 }])
    expect(lostAt(b, a.log)).toEqual([{ from: 0, to: 3 }])
    expect(b.chain(a.log)).toBe(a.chain(a.log))
    expect(await b.replica.store(run)).toEqual({ kind: 'known' })
    // It can be passed on just so: the chain before it is kept.
    const [relayed] = await b.runs(a.log)
    expect(relayed).toMatchObject({ from: 3 })
    expect(await b.replica.chainAt(a.log, 3)).toEqual(run.before)
    expect(await c.replica.store({ ...relayed!, before: run.before! })).toMatchObject({ kind: 'stored' })
  })

  it('is refused without that chain, with another, without a signature, or with one of another', async () => {
    const run = await tail()
    const { before: _, ...bare } = run
    const wrong: EventRun[] = [
      bare,
      { ...run, before: Buffer.alloc(32, 1) },
      { ...run, before: Buffer.alloc(31) },
      { ...run, point: { ...run.point, signature: new Uint8Array() } },
      { ...run, point: { ...run.point, signature: b.identity.sign(Buffer.from('x')) } },
      { ...run, events: run.events.toReversed() },
    ]
    for (const each of wrong)
      await expect(b.replica.store(each)).rejects.toMatchObject({ code: 'PEER_INVALID' })
    expect(b.store.reader.log(a.log)).toBeUndefined()
  })

  it('is refused far behind all that anybody wrote, even if its writer signs it', async () => {
    const { identity } = await only(a, a.log)
    const { hasher } = a.tools
    const runAt = (from: number): EventRun => {
      const body = { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('x') } as const
      const event = { log: a.log, offset: from, time: { ms: 1, counter: 0 }, parents: [], body }
      const encoded = encodeEvent(event, Buffer.alloc(16, 3))
      const before = Buffer.alloc(32, 1)
      const chain = nextChain(hasher, before, eventDigest(hasher, encoded))
      const signature = a.identity.sign(signedPointBytes(a.log, from + 1, chain))
      const point = { log: a.log, events: from + 1, chain, signature }
      return { identity, from, events: [{ kind: 'event', encoded }], point, before }
    }
    await expect(b.replica.store(runAt(1e12))).rejects.toMatchObject({ code: 'PEER_INVALID' })
    expect(await b.replica.store(runAt(1e6))).toEqual({ kind: 'stored', events: 1 })
  })

  it('tells two histories apart when the hole is filled from the other one', async () => {
    const run = await tail()
    await b.replica.store(run)
    const first = await only(a, a.log)
    const encoded = encodedOf(first)
    const body = { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('another\n') } as const
    const time = { ms: 1, counter: 0 }
    const other = encodeEvent({ log: a.log, offset: 2, time, parents: [], body }, Buffer.alloc(16, 3))
    const fill = a.resigned({ ...first, events: [] }, [...encoded.slice(0, 2), other])
    expect(await b.replica.store(fill)).toMatchObject({ kind: 'forked' })
    const over = a.resigned({ ...first, events: [] }, encoded.with(2, other))
    expect(await b.replica.store(over)).toMatchObject({ kind: 'forked', offset: 2 })
    expect(lostAt(b, a.log)).toEqual([{ from: 0, to: 3 }])
    expect(await b.take(a, a.log, { from: 0, to: 3 })).toMatchObject([{ kind: 'stored' }])
    expect(await b.damages(a.log)).toEqual([])
  })

  it('tells two histories apart when it follows what is held and its own chain says otherwise', async () => {
    const run = await tail(2)
    const first = await only(a, a.log)
    const body = { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('another\n') } as const
    const time = { ms: 1, counter: 0 }
    const other = encodeEvent({ log: a.log, offset: 1, time, parents: [], body }, Buffer.alloc(16, 3))
    await b.replica.store(a.resigned({ ...first, events: [] }, [encodedOf(first)[0]!, other]))
    expect(await b.replica.store(run)).toMatchObject({ kind: 'forked', offset: 1 })
    expect(b.store.reader.log(a.log)).toMatchObject({ events: 2, lost: [] })
  })
})

describe('a run without a signature', () => {
  it('fills a hole exactly, and nothing else', async () => {
    await a.record('one\n', 'two\n', 'three\n', 'four\n')
    for (const host of [b, c]) await took(host, [5])
    await damage(b, a.log, [2])
    await damage(c, a.log, [3])
    const [run] = await c.runs(a.log, { from: 2, to: 3 })
    expect(run).toMatchObject({ from: 2, point: { events: 3, signature: new Uint8Array() } })
    const digest = eventDigest(b.tools.hasher, Buffer.from('forged'))
    const forged: EventRun = { ...run!, events: [{ kind: 'stub', digest, reason: 'lost' }] }
    await expect(b.replica.store(forged)).rejects.toMatchObject({ code: 'PEER_INVALID' })
    expect(await b.replica.store(run!)).toEqual({ kind: 'stored', events: 1 })
    expect(await b.damages(a.log)).toEqual([])
    const fresh = await ReplicaHost.create()
    const [start] = await c.runs(a.log, { from: 0, to: 3 })
    expect(start?.point.signature).toHaveLength(0)
    await expect(fresh.replica.store(start!)).rejects.toMatchObject({ code: 'PEER_INVALID' })
  })
})

describe('damage that no check has found yet', () => {
  it('at the end of what is held is not told, and does not end the session', async () => {
    await a.record('one\n', 'two\n', 'three\n')
    await took(b, [4])
    const key = eventKey(a.log, 3)
    const value = Uint8Array.from((await b.db.get(key))!)
    value[value.length - 1]! ^= 1
    await b.db.batch([{ type: 'put', key, value: Buffer.from(value) }], { sync: true })
    const have = (await b.replica.have()).find(({ log }) => log === a.log)
    expect(have).toMatchObject({ held: [{ from: 0, to: 3 }] })
    expect(have?.ends.map(({ events }) => events)).toEqual([3])
    const [, right] = await meet(b, c)
    expect(right.forks).toEqual([])
    const [left] = await meet(a, b)
    expect(left).toMatchObject({ ended: 'done' })
    await damage(b, a.log, [3])
    await meet(a, b)
    expect(await b.damages(a.log)).toEqual([])
  })
})
