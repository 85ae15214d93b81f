import { beforeEach, describe, expect, it } from 'vitest'
import { signedPointBytes } from '../../src/engine/core/signed-point.js'
import type { EventRun } from '../../src/engine/ports/replica.js'
import type { Event } from '../../src/engine/core/event.js'
import { decodeEvent, encodeEvent } from '../../src/store/event-codec.js'
import { eventDigest, nextChain } from '../../src/store/event-value.js'
import { eventKey, stubKey } from '../../src/store/keys.js'
import { decodeStubRow, encodeStubRow } from '../../src/store/replica-rows.js'
import { LevelStore } from '../../src/store/level-store.js'
import { encodedOf, file, only, realIdentity, ReplicaHost } from './replica-world.js'

let a: ReplicaHost
let b: ReplicaHost

beforeEach(async () => {
  a = await ReplicaHost.create({ name: 'alder' })
  b = await ReplicaHost.create({ name: 'birch' })
  await a.record('one\n', 'two\n', 'three\n', 'four\n')
})

const chainOf = (host: ReplicaHost) => host.chain(a.log)
const damages = (host: ReplicaHost) => host.damages(a.log)
const resigned = (run: EventRun, encoded: readonly Uint8Array[]) => a.resigned(run, encoded)

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

  it('is refused from whoever goes on with another’s log under a key of their own', async () => {
    await b.replica.store(run)
    const stranger = realIdentity()
    const body = { kind: 'remove', epoch: 0, file } as const
    const forged = encodeEvent(
      { log: a.log, offset: 5, time: { ms: 1, counter: 0 }, parents: [], body },
      Buffer.alloc(16),
    )
    const { hasher } = a.tools
    const chain = nextChain(hasher, run.point.chain, eventDigest(hasher, forged))
    const signature = stranger.sign(signedPointBytes(a.log, 6, chain))
    await refused({
      identity: { ...run.identity, publicKey: stranger.publicKey },
      from: 5,
      events: [{ kind: 'event', encoded: forged }],
      point: { log: a.log, events: 6, chain, signature },
    })
    expect(b.store.reader.log(a.log)?.events).toBe(5)
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

  it('that are filled tell nothing newer of a file than what came after them', async () => {
    const moved = { ...file, cwd: '/home/me/app' }
    const append = {
      kind: 'append',
      epoch: 0,
      position: 19,
      bytes: Buffer.from('five\n'),
      file: moved,
    } as const
    await a.append([{ body: append }])
    const run = await only(a, a.log)
    const lost = {
      kind: 'stub',
      digest: eventDigest(a.tools.hasher, encodedOf(run)[2]!),
      reason: 'lost',
    } as const
    await b.replica.store({ ...run, events: run.events.with(2, lost) })
    expect(await b.take(a, a.log, { from: 2, to: 3 })).toEqual([{ kind: 'stored', events: 1 }])
    expect(b.store.reader.file(a.log, file)?.facts.cwd).toBe('/home/me/app')
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

  it('are part of the chain that a check follows', async () => {
    const run = await only(a, a.log)
    await b.replica.store(stubbed(run, 2))
    const key = stubKey(a.log, 2)
    const row = decodeStubRow(b.tools.hasher, (await b.db.get(key))!)
    const other = encodeStubRow(b.tools.hasher, { ...row, digest: Buffer.alloc(32, 1) })
    await b.db.batch([{ type: 'put', key, value: other }], { sync: true })
    expect(await damages(b)).toEqual(['hole 2-3', 'chain 3-4'])
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
