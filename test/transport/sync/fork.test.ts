import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForkSearch } from '../../../src/transport/sync/fork-search.js'
import type { FakeLog } from './fake-log.js'
import { FakeHost, resultOf, SyncWorld } from './sync-world.js'

describe('ForkSearch', () => {
  it('finds the first difference in logarithmically many questions', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 100_000 }), (fork, beyond) => {
        const search = new ForkSearch(fork + beyond)
        let questions = 0
        for (let at = search.next; at !== undefined; at = search.next) {
          search.answer(at, at <= fork ? 'same' : 'differs')
          questions += 1
        }
        expect(search.offset).toBe(fork)
        expect(search.exact).toBe(true)
        expect(questions).toBeLessThanOrEqual(18)
      }),
    )
  })

  it('never claims more than it knows where chains are missing, and comes to an end', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.integer({ min: 1, max: 200 }),
        fc.func(fc.boolean()),
        (fork, beyond, known) => {
          const search = new ForkSearch(fork + beyond)
          for (let at = search.next; at !== undefined; at = search.next) {
            expect(search.before).toBeGreaterThan(search.offset)
            search.answer(at, !known(at) ? 'unknown' : at <= fork ? 'same' : 'differs')
          }
          expect(search.offset).toBeLessThanOrEqual(fork)
          expect(search.before).toBeGreaterThan(fork)
        },
      ),
    )
  })
})

/** Two hosts that hold one log up to a point, and different events behind it. */
function forked(seed: number, common: number, more: readonly [number, number]) {
  const writer = new FakeHost('writer', seed)
  const [a, b] = [new FakeHost('a', seed), new FakeHost('b', seed)]
  const log = writer.newLog(common)
  const [left, right] = more.map((count) => {
    const branch = log.copyOf(common)
    branch.append(...writer.payloads(count))
    return branch
  }) as [FakeLog, FakeLog]
  a.replica.place(left, [{ from: 0, to: common + more[0] }])
  b.replica.place(right, [{ from: 0, to: common + more[1] }])
  const sound = writer.newLog(5)
  a.replica.place(sound, [{ from: 0, to: 5 }])
  return { a, b, log, left, right, sound }
}

describe('logs that parted', () => {
  it.each([
    [37, 5, 9],
    [37, 9, 5],
    [12, 4, 4],
    [0, 3, 1],
  ])(
    'after %i events, %i and %i long: both ends say where, and other logs go on',
    async (common, ofA, ofB) => {
      const world = new SyncWorld(common)
      const { a, b, log, left, right, sound } = forked(common, common, [ofA, ofB])
      for (const [first, second] of [
        [a, b],
        [b, a],
      ] as const) {
        const results = (await world.meet(first, second)).map(resultOf)
        for (const result of results) {
          expect(result.forks).toEqual([
            { log: log.log, offset: common, explained: expect.stringContaining(`offset ${common}`) },
          ])
          expect(result.missing).toEqual([])
        }
      }
      // Nothing of either branch moved, everything of the sound log did.
      expect(b.replica.held(sound.log)).toEqual([{ from: 0, to: 5 }])
      expect(a.replica.held(log.log)).toEqual([{ from: 0, to: left.events.length }])
      expect(b.replica.held(log.log)).toEqual([{ from: 0, to: right.events.length }])
      expect(a.replica.arrivals).toEqual([])
      expect(b.replica.arrivals).toHaveLength(5)
    },
  )

  it('that only the store can tell are reported with its words', async () => {
    const world = new SyncWorld(1)
    const { a, b, log, sound } = forked(1, 4, [2, 4])
    // b lacks what a has at 4; at 5 they differ, and b does not know the chain there at first glance.
    b.replica.lose(log.log, [{ from: 4, to: 5 }])
    b.replica.chainAt = () => Promise.resolve(undefined)
    const results = (await world.meet(a, b, { a: { receive: false } })).map(resultOf)
    for (const { forks } of results)
      expect(forks).toEqual([{ log: log.log, offset: 5, explained: 'another event stands there' }])
    expect(b.replica.held(log.log)).toEqual([
      { from: 0, to: 4 },
      { from: 5, to: 8 },
    ])
    expect(b.replica.held(sound.log)).toEqual([{ from: 0, to: 5 }])
  })

  it('while a session is live are found by the store, told to both, and left alone', async () => {
    const world = new SyncWorld(2)
    const writer = new FakeHost('writer', 2)
    const [a, b] = [new FakeHost('a', 2), new FakeHost('b', 2)]
    const log = writer.newLog(6)
    const other = log.copyOf(6)
    a.replica.write(log)
    b.replica.write(other)
    const stop = new AbortController()
    const mode = { mode: 'live' as const, signal: stop.signal }
    const over = world.meetLater(a, b, { a: mode, b: mode })
    await world.pass(1000)
    // Both write the same offset in the same moment.
    a.replica.append(log, ...a.payloads(1))
    b.replica.append(other, ...b.payloads(1))
    await world.pass(10)
    a.replica.append(log, ...a.payloads(1))
    await world.pass(10)
    stop.abort()
    const results = (await world.run(over)).map(resultOf)
    for (const result of results) expect(result.forks).toMatchObject([{ log: log.log, offset: 6 }])
    expect(a.replica.arrivals).toEqual([])
    expect(b.replica.arrivals).toEqual([])
  })
})
