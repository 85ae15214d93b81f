import { beforeEach, describe, expect, it } from 'vitest'
import { signedPointBytes } from '../../src/engine/core/signed-point.js'
import type { EventRun } from '../../src/engine/ports/replica.js'
import type { Event } from '../../src/engine/core/event.js'
import { decodeEvent, encodeEvent } from '../../src/store/event-codec.js'
import { eventDigest, firstChain, nextChain } from '../../src/store/event-value.js'
import { eventKey } from '../../src/store/keys.js'
import { LevelStore } from '../../src/store/level-store.js'
import { file, realIdentity, ReplicaHost } from './replica-world.js'

let a: ReplicaHost
let b: ReplicaHost

beforeEach(async () => {
  a = await ReplicaHost.create({ name: 'alder' })
  b = await ReplicaHost.create({ name: 'birch' })
  await a.record('one\n', 'two\n', 'three\n', 'four\n')
})

const chainOf = (host: ReplicaHost, log = a.log) =>
  Buffer.from(host.store.reader.log(log)!.chain).toString('hex')

async function damages(host: ReplicaHost, log = a.log): Promise<string[]> {
  const found: string[] = []
  for await (const { what, from, to } of host.store.check(log, 0, true)) found.push(`${what} ${from}-${to}`)
  return found
}

/** Signs a run anew as the log's writer would, with other events. */
function resigned(run: EventRun, encoded: readonly Uint8Array[], before: Uint8Array = firstChain): EventRun {
  const { log } = run.identity
  const { hasher } = a.tools
  const chain = encoded.reduce((last, each) => nextChain(hasher, last, eventDigest(hasher, each)), before)
  const events = run.from + encoded.length
  const signature = a.identity.sign(signedPointBytes(log, events, chain))
  return {
    ...run,
    events: encoded.map((each) => ({ kind: 'event' as const, encoded: each })),
    point: { log, events, chain, signature },
  }
}

const encodedOf = (run: EventRun): Uint8Array[] =>
  run.events.map((event) => (event.kind === 'event' ? event.encoded : new Uint8Array()))

async function only(host: ReplicaHost, log: string, range?: { from: number; to: number }): Promise<EventRun> {
  const [run] = await host.runs(log, range)
  return run!
}

describe('a log that moves to another host', () => {
  it('is the same there: events, chain, name, files and history', async () => {
    expect(await b.take(a, a.log)).toEqual([{ kind: 'stored', events: 5 }])
    expect(b.store.reader.log(a.log)).toEqual({
      ...a.store.reader.log(a.log),
      writing: false,
      hostName: 'alder',
    })
    expect((await b.content(a.log)).toString()).toBe('one\ntwo\nthree\nfour\n')
    expect(await damages(b)).toEqual([])
    expect((await b.replica.have()).find(({ log }) => log === a.log)).toEqual((await a.replica.have())[0])
    expect(await b.take(a, a.log)).toEqual([{ kind: 'known' }])
  })

  it('is all there after the store is opened again', async () => {
    await b.take(a, a.log)
    const again = await LevelStore.open(b.db, b.tools)
    expect(again.reader.log(a.log)).toMatchObject({ events: 5, hostName: 'alder', lost: [] })
    expect([...again.reader.files()].map(({ log }) => log)).toEqual([a.log])
  })

  it('goes on where it ended, and can be passed on by who received it', async () => {
    await b.take(a, a.log)
    await a.record('five\n')
    expect(await b.take(a, a.log, { from: 5, to: 6 })).toEqual([{ kind: 'stored', events: 1 }])
    const c = await ReplicaHost.create()
    await c.take(b, a.log)
    expect(chainOf(c)).toBe(chainOf(a))
    expect((await c.content(a.log)).toString()).toBe('one\ntwo\nthree\nfour\nfive\n')
  })

  it('is passed on from any offset on, up to the next point that its writer signed', async () => {
    await b.take(a, a.log, { from: 0, to: 2 })
    await b.take(a, a.log, { from: 2, to: 5 })
    const ends = async (from: number, to: number) =>
      (await b.runs(a.log, { from, to })).map((run) => [run.from, run.point.events])
    expect(await ends(0, 1)).toEqual([[0, 2]])
    expect(await ends(1, 3)).toEqual([[1, 5]])
    expect(await ends(0, 9)).toEqual([[0, 5]])
    expect(await ends(5, 9)).toEqual([])
  })

  it('is split into runs of bounded size', async () => {
    await a.record(...Array.from({ length: 20 }, (_, i) => String(i).repeat(250_000)))
    const runs = await a.runs(a.log)
    expect(runs.length).toBeGreaterThan(1)
    for (const run of runs) await b.replica.store(run)
    expect(chainOf(b)).toBe(chainOf(a))
    const relayed = await b.runs(a.log)
    expect(relayed.map(({ from }) => from)).toEqual(runs.map(({ from }) => from))
  })

  it('keeps events of kinds that this version does not know, and passes them on', async () => {
    const run = await only(a, a.log)
    const events = encodedOf(run)
    const last = events.at(-1)!
    // The kind is the second element of the tuple, after the version: both are small numbers of one byte.
    const newer = Uint8Array.from(last)
    newer[2] = 99
    expect(decodeEvent(newer).body).toEqual({ kind: 'unknown', code: 99 })
    expect(await b.replica.store(resigned(run, [...events.slice(0, -1), newer]))).toEqual({
      kind: 'stored',
      events: 5,
    })
    expect(encodedOf(await only(b, a.log)).at(-1)).toEqual(Buffer.from(newer))
  })

  it('tells who listens what came, and of the own log too', async () => {
    const heard: string[] = []
    const end = b.replica.onAdded((log, { from, to }) =>
      heard.push(`${log === a.log ? 'a' : 'b'} ${from}-${to}`),
    )
    await b.take(a, a.log)
    await b.record('mine\n')
    end()
    await b.record('more\n')
    expect(heard).toEqual(['a 0-5', 'b 1-2'])
  })
})

describe('before own events leave', () => {
  it('a witness is asked for, at or past them', async () => {
    const iterator = a.replica.read(a.log, { from: 0, to: 5 })[Symbol.asyncIterator]()
    expect(a.left).toEqual([])
    await iterator.next()
    expect(a.left).toEqual([5])
    await b.take(a, a.log)
    b.left.length = 0
    await b.runs(a.log)
    expect(b.left).toEqual([])
  })
})

describe('what cannot be true', () => {
  const refused = (run: EventRun) =>
    expect(b.replica.store(run)).rejects.toMatchObject({ code: 'PEER_INVALID' })
  let run: EventRun

  beforeEach(async () => {
    run = await only(a, a.log)
  })

  it('is refused, and nothing of it is kept', async () => {
    const stranger = realIdentity()
    const bytes = signedPointBytes(a.log, 5, run.point.chain)
    await refused({ ...run, point: { ...run.point, signature: stranger.sign(bytes) } })
    await refused({ ...run, point: { ...run.point, chain: new Uint8Array(32) } })
    await refused({ ...run, point: { ...run.point, events: 4 } })
    await refused({ ...run, events: run.events.slice(1), from: 1 })
    await refused({ ...run, events: [] })
    await refused({ ...run, identity: { ...run.identity, publicKey: stranger.publicKey } })
    await refused({ ...run, identity: { ...run.identity, log: b.log } })
    await refused({ ...run, from: -1 })
    await refused({
      ...run,
      events: [{ kind: 'event', encoded: new Uint8Array(5_000_000) }, ...run.events.slice(1)],
    })
    for (let at = 0; at < run.events.length; at++) {
      const changed = encodedOf(run).map((each) => Uint8Array.from(each))
      const flipped = changed[at]!
      flipped[flipped.length - 1]! ^= 1
      await refused({ ...run, events: changed.map((encoded) => ({ kind: 'event', encoded })) })
    }
    expect(b.store.reader.log(a.log)).toBeUndefined()
    expect(await b.replica.store(run)).toMatchObject({ kind: 'stored' })
  })

  it('is refused where its writer signed it, too', async () => {
    const nonce = Buffer.alloc(16, 9)
    const events = encodedOf(run)
    const other = (change: (event: Event) => Event) => encodeEvent(change(decodeEvent(events[1]!)), nonce)
    const withPath = (path: string) =>
      other((event) => ({ ...event, body: { kind: 'remove', epoch: 0, file: { ...file, path } } }))
    const second = (encoded: Uint8Array) => resigned({ ...run, events: [] }, [events[0]!, encoded])
    for (const path of [
      '../../.ssh/authorized_keys',
      '/etc/passwd',
      'a//b',
      'a/./b',
      '',
      'x\0y',
      'é'.repeat(3000),
    ])
      await refused(second(withPath(path)))
    await refused(second(other((event) => ({ ...event, offset: 7 }))))
    await refused(second(other((event) => ({ ...event, log: b.log }))))
    await refused(second(Buffer.from('no event at all')))
    await refused(second(events[0]!))
    await refused(resigned({ ...run, events: [] }, [events[1]!]))
    const move = { kind: 'move', epoch: 0, file, to: { root: 'claude', path: '../x' } } as const
    await refused(second(other((event) => ({ ...event, body: move }))))
    await refused(
      second(other((event) => ({ ...event, body: { ...move, file: { ...file, root: '../up' }, to: file } }))),
    )
    expect(await b.replica.store(second(withPath('fine/..name/x.jsonl')))).toMatchObject({ kind: 'stored' })
  })
})

describe('holes', () => {
  it('are filled from whoever holds the events, own and others’ alike, and a check finds all well', async () => {
    await b.take(a, a.log)
    for (const host of [a, b]) {
      await host.db.batch([{ type: 'del', key: eventKey(a.log, 2) }], { sync: true })
      await host.store.setLost(a.log, [{ from: 2, to: 3 }])
      await host.store.rebuildIndex(a.log)
      if (host === a) a.writer = a.store.openWriter(a.log)
      const have = (await host.replica.have()).find(({ log }) => log === a.log)
      expect(have).toMatchObject({
        held: [
          { from: 0, to: 2 },
          { from: 3, to: 5 },
        ],
        stubs: [],
      })
      expect(have?.ends.map(({ events }) => events)).toEqual([2, 5])
      const other = host === a ? b : a
      const heard: unknown[] = []
      host.replica.onAdded((_log, range) => heard.push(range))
      expect(await host.take(other, a.log, { from: 2, to: 3 })).toEqual([{ kind: 'stored', events: 1 }])
      expect(heard).toEqual([{ from: 2, to: 3 }])
      expect(host.store.reader.log(a.log)?.lost).toEqual([])
      expect(await damages(host)).toEqual([])
      expect((await host.content(a.log)).toString()).toBe('one\ntwo\nthree\nfour\n')
      expect(host.store.reader.log(a.log)?.bytes).toBe(19)
    }
    await a.record('five\n')
    expect(await damages(a)).toEqual([])
    expect(a.rolledBack).toEqual([])
  })

  it('do not move the head that the log has on the disk', async () => {
    await b.take(a, a.log)
    await a.db.batch([{ type: 'del', key: eventKey(a.log, 1) }], { sync: true })
    await a.store.setLost(a.log, [{ from: 1, to: 2 }])
    const remove = { body: { kind: 'remove', epoch: 0, file } } as const
    await Promise.all([a.take(b, a.log, { from: 1, to: 2 }), a.append([remove]), a.append([remove])])
    const again = await LevelStore.open(a.db, a.tools)
    expect(again.reader.log(a.log)).toMatchObject({ events: 7 })
  })
})

describe('stubs', () => {
  const stubbed = (run: EventRun, at: number): EventRun => ({
    ...run,
    events: run.events.map((event, index) =>
      index === at && event.kind === 'event'
        ? { kind: 'stub', digest: eventDigest(a.tools.hasher, event.encoded), reason: 'withheld' }
        : event,
    ),
  })

  it('keep their place in the chain, are passed on as they are, and are filled by whoever has the bytes', async () => {
    const run = await only(a, a.log)
    expect(await b.replica.store(stubbed(run, 2))).toEqual({ kind: 'stored', events: 5 })
    expect(chainOf(b)).toBe(chainOf(a))
    const have = (await b.replica.have()).find(({ log }) => log === a.log)
    expect(have).toMatchObject({
      stubs: [{ from: 2, to: 3 }],
      held: [
        { from: 0, to: 2 },
        { from: 3, to: 5 },
      ],
    })
    expect(have?.ends.map(({ events }) => events)).toEqual([2, 3, 5])
    expect(await damages(b)).toEqual(['hole 2-3'])

    const relayed = await only(b, a.log)
    expect(relayed.events[2]).toMatchObject({ kind: 'stub', reason: 'withheld' })
    const c = await ReplicaHost.create()
    await c.replica.store(relayed)
    expect(chainOf(c)).toBe(chainOf(a))
    expect(await c.replica.store(relayed)).toEqual({ kind: 'known' })

    expect(await c.take(a, a.log, { from: 2, to: 3 })).toEqual([{ kind: 'stored', events: 1 }])
    expect((await c.replica.have()).find(({ log }) => log === a.log)).toMatchObject({ stubs: [] })
    expect((await c.content(a.log)).toString()).toBe('one\ntwo\nthree\nfour\n')
    expect(await c.replica.store(stubbed(run, 2))).toEqual({ kind: 'known' })
  })

  it('may stand at the head, and the log goes on behind them', async () => {
    const run = await only(a, a.log)
    await b.replica.store(stubbed(run, 4))
    expect(await damages(b)).toEqual(['hole 4-5'])
    expect(b.store.reader.log(a.log)).toMatchObject({ events: 5, lost: [{ from: 4, to: 5 }] })
    await a.record('five\n')
    expect(await b.take(a, a.log, { from: 5, to: 6 })).toEqual([{ kind: 'stored', events: 1 }])
    expect(chainOf(b)).toBe(chainOf(a))
  })
})

describe('two writers of one log', () => {
  it('are told apart, and nothing that is held is overwritten', async () => {
    const twin = await ReplicaHost.create({ identity: a.identity, name: 'alder' })
    // The same first event: a copy of the store was made after it.
    await twin.db.batch(
      [{ type: 'put', key: eventKey(a.log, 0), value: (await a.db.get(eventKey(a.log, 0)))! }],
      {
        sync: true,
      },
    )
    await b.take(a, a.log)
    const other = resigned({ ...(await only(a, a.log)), events: [] }, [
      encodedOf(await only(a, a.log))[0]!,
      encodeEvent(
        {
          log: a.log,
          offset: 1,
          time: { ms: 1, counter: 0 },
          parents: [],
          body: { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('another one\n') },
        },
        Buffer.alloc(16, 3),
      ),
    ])
    const before = chainOf(b)
    expect(await b.replica.store(other)).toMatchObject({ kind: 'forked', offset: 1 })
    expect(chainOf(b)).toBe(before)
    expect((await b.content(a.log)).toString()).toBe('one\ntwo\nthree\nfour\n')
  })
})

describe('a store that was rolled back', () => {
  it('ends its log before it takes back what a peer holds of it', async () => {
    await b.take(a, a.log)
    const old = await ReplicaHost.create({ identity: a.identity })
    // As it was once: the log's first two events.
    const rolled = await ReplicaHost.create({ identity: a.identity, db: old.db })
    const values = await Promise.all([0, 1].map(async (at) => (await a.db.get(eventKey(a.log, at)))!))
    await rolled.db.batch(
      values.map((value, at) => ({ type: 'put', key: eventKey(a.log, at), value })),
      { sync: true },
    )
    await rolled.store.rebuildIndex(a.log)
    rolled.writer = rolled.store.openWriter(a.log)
    expect(rolled.store.reader.log(a.log)?.events).toBe(2)
    expect(await rolled.take(b, a.log, { from: 2, to: 5 })).toEqual([{ kind: 'stored', events: 3 }])
    expect(rolled.rolledBack).toEqual([a.log])
    expect(rolled.writer.log).not.toBe(a.log)
    expect(chainOf(rolled)).toBe(chainOf(a))
  })

  it('may take back what is no news', async () => {
    await b.take(a, a.log)
    expect(await a.take(b, a.log)).toEqual([{ kind: 'known' }])
    expect(a.rolledBack).toEqual([])
  })
})

describe('a clock far ahead', () => {
  it('is reported, and the events are taken all the same', async () => {
    a.clock.nowMs += 3_600_000
    await a.record('later\n')
    await b.take(a, a.log)
    expect(b.ahead).toEqual([3_600_000])
    await b.record('mine\n')
    expect(b.store.reader.log(b.log)?.last?.ms).toBe(b.clock.nowMs)
  })
})
