import { beforeEach, describe, expect, it } from 'vitest'
import { encodeEvent } from '../../src/store/event-codec.js'
import { eventKey } from '../../src/store/keys.js'
import { encodedOf, file, only, ReplicaHost } from './replica-world.js'

let a: ReplicaHost
let b: ReplicaHost

beforeEach(async () => {
  a = await ReplicaHost.create({ name: 'alder' })
  b = await ReplicaHost.create({ name: 'birch' })
  await a.record('one\n', 'two\n', 'three\n', 'four\n')
})

const chainOf = (host: ReplicaHost) => host.chain(a.log)

describe('two writers of one log', () => {
  it('are told apart, and nothing that is held is overwritten', async () => {
    await b.take(a, a.log)
    const other = a.resigned({ ...(await only(a, a.log)), events: [] }, [
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
    // As it was once: the log's first two events.
    const rolled = await ReplicaHost.create({ identity: a.identity })
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
