import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OffsetRange } from '../../../src/engine/ports/log.js'
import { planWants } from '../../../src/transport/sync/plan.js'
import { countOf, toRanges } from '../../../src/engine/core/ranges.js'
import type { Ranges } from '../../../src/engine/core/ranges.js'
import { entryOf, HaveSet } from '../../../src/transport/sync/have-set.js'
import { FakeHost, resultOf, SyncWorld } from './sync-world.js'
import type { FakeLog } from './fake-log.js'

const events = 14

/** What a host has of one offset: nothing, the digest alone, or the event. */
type Place = '-' | 's' | 'E'

function row(text: string): Place[] {
  return text.split('') as Place[]
}

const places = fc.array(fc.constantFrom<Place>('-', 's', 'E', 'E', 'E'), {
  minLength: events,
  maxLength: events,
})

interface Holding {
  readonly a: readonly Place[]
  readonly b: readonly Place[]
}

const holding: fc.Arbitrary<Holding> = fc.record({ a: places, b: places })

function rangesOf(of: readonly Place[], wanted: Place): OffsetRange[] {
  return of.flatMap((place, from) => (place === wanted ? [{ from, to: from + 1 }] : []))
}

/**
 * What `mine` becomes when all of `theirs` that can be checked has come: offset by offset, without ranges.
 *
 * @param detached whether the chain before an event may come along, where they know it
 */
function after(mine: readonly Place[], theirs: readonly Place[], detached = true): Place[] {
  const result = [...mine]
  for (const [offset, other] of theirs.entries()) {
    const wanted = (other === 'E' && mine[offset] !== 'E') || (other === 's' && mine[offset] === '-')
    const known = detached && theirs[offset - 1] !== '-'
    const attached = offset === 0 || result[offset - 1] !== '-' || known
    if (wanted && attached) result[offset] = other
  }
  return result
}

function hold(host: FakeHost, log: FakeLog, of: readonly Place[]): void {
  // Every offset is a range of its own, so each is signed: runs then hold nothing that was not asked for.
  host.replica.place(log, rangesOf(of, 'E'), 'event')
  host.replica.place(log, rangesOf(of, 's'), 'stub')
}

function held(host: FakeHost, log: FakeLog): { held: Ranges; stubs: Ranges } {
  return { held: host.replica.held(log.log), stubs: host.replica.stubs(log.log) }
}

function expected(of: readonly Place[]): { held: Ranges; stubs: Ranges } {
  return { held: toRanges(rangesOf(of, 'E')), stubs: toRanges(rangesOf(of, 's')) }
}

/** Two hosts that hold parts of the logs of a third one. */
function twoHosts(holdings: readonly Holding[], seed: number): { a: FakeHost; b: FakeHost; logs: FakeLog[] } {
  const writer = new FakeHost('writer', seed)
  const a = new FakeHost('a', seed)
  const b = new FakeHost('b', seed)
  const logs = holdings.map(() => writer.newLog(events))
  for (const [i, { a: ofA, b: ofB }] of holdings.entries()) {
    hold(a, logs[i] as FakeLog, ofA)
    hold(b, logs[i] as FakeLog, ofB)
  }
  return { a, b, logs }
}

describe('one session', () => {
  it('brings both to the union, whatever they hold and however the link splits and delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(holding, { minLength: 1, maxLength: 3 }),
        fc.nat(0xffff),
        // An end that knows of nothing beyond the version, as well.
        fc.boolean(),
        async (holdings, seed, older) => {
          const world = new SyncWorld(seed)
          const { a, b, logs } = twoHosts(holdings, seed)
          // Stores that take longer than the next run needs to come: order is the session's work, not luck.
          for (const { replica } of [a, b]) {
            replica.runMaxEvents = 2
            replica.beforeStore = () => world.clock.sleep(world.random.int(200))
          }
          const [left, right] = (
            await world.meet(a, b, {
              b: older ? { features: [] } : {},
              link: { delayMaxMs: 20, pieceMaxBytes: 300, bufferBytes: 512 },
            })
          ).map(resultOf)
          for (const [i, { a: ofA, b: ofB }] of holdings.entries()) {
            const log = logs[i] as FakeLog
            expect(held(a, log)).toEqual(expected(after(ofA, ofB, !older)))
            expect(held(b, log)).toEqual(expected(after(ofB, ofA, !older)))
          }
          // What either counts agrees, and nothing came that was here.
          expect(left?.sent).toBe(right?.received)
          expect(right?.sent).toBe(left?.received)
          expect(left?.received).toBe(a.replica.arrivals.length)
          expect(right?.received).toBe(b.replica.arrivals.length)
          expect([left?.missing, right?.missing]).toEqual([[], []])
          expect(a.memory.saved.size + b.memory.saved.size).toBe(2)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('names what lies behind a hole of both, and gets it when the hole is filled', async () => {
    const world = new SyncWorld(3)
    const { a, b, logs } = twoHosts([{ a: row('EE------------'), b: row('EE--EE--------') }], 3)
    const [log] = logs as [FakeLog]
    const [left] = (await world.meet(a, b)).map(resultOf)
    // The chain before event 4 went with event 3: what begins there is the chain after event 4.
    expect(left).toMatchObject({ received: 1, detached: [{ log: log.log, ranges: [{ from: 4, to: 5 }] }] })
    expect(left?.missing).toEqual([])
    b.replica.place(log, [
      { from: 2, to: 3 },
      { from: 3, to: 4 },
    ])
    const [again] = (await world.meet(a, b)).map(resultOf)
    expect(again).toMatchObject({ received: 3, detached: [] })
    expect(a.replica.held(log.log)).toEqual([{ from: 0, to: 6 }])
  })

  it('leaves what lies behind a hole of both where one end can’t check it', async () => {
    const world = new SyncWorld(5)
    const { a, b, logs } = twoHosts([{ a: row('EE------------'), b: row('EE--EE--------') }], 5)
    const [log] = logs as [FakeLog]
    const [left] = (await world.meet(a, b, { b: { features: ['settle'] } })).map(resultOf)
    expect(left).toMatchObject({ received: 0, detached: [{ log: log.log, ranges: [{ from: 4, to: 6 }] }] })
  })

  it('passes on what a third host wrote', async () => {
    const world = new SyncWorld(4)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new FakeHost(name, 4)) as [FakeHost, FakeHost, FakeHost]
    const log = a.newLog(9)
    a.replica.write(log)
    await world.meet(a, b)
    const [relay] = (await world.meet(b, c)).map(resultOf)
    expect(relay?.sent).toBe(9)
    expect(c.replica.held(log.log)).toEqual([{ from: 0, to: 9 }])
  })
})

describe('an interrupted session', () => {
  it('loses nothing and repeats nothing, wherever it is cut', async () => {
    const holdings = [
      { a: row('EEEEEEEEEEEEEE'), b: row('EE--s--EE-----') },
      { a: row('EEEE----------'), b: row('EEEEEEEEEEEEEE') },
    ]
    const whole = new SyncWorld('whole')
    const first = twoHosts(holdings, 5)
    const [result] = (await whole.meet(first.a, first.b)).map(resultOf)
    const total = (result?.bytesSent ?? 0) + (result?.bytesReceived ?? 0)
    expect(total).toBeGreaterThan(2000)
    let cuts = 0
    for (let cutAfterBytes = 1; cutAfterBytes <= total; cutAfterBytes += 53) {
      const world = new SyncWorld(cutAfterBytes)
      const { a, b, logs } = twoHosts(holdings, 5)
      const outcomes = await world.meet(a, b, { link: { cutAfterBytes, pieceMaxBytes: 200, delayMaxMs: 3 } })
      for (const outcome of outcomes) {
        if (!('error' in outcome)) continue
        cuts += 1
        expect(outcome.error).toMatchObject({ code: 'PEER_UNREACHABLE' })
      }
      const before = a.replica.arrivals.length + b.replica.arrivals.length
      const [left, right] = (await world.meet(a, b)).map(resultOf)
      expect((left?.received ?? 0) + (right?.received ?? 0)).toBe(
        a.replica.arrivals.length + b.replica.arrivals.length - before,
      )
      for (const [i, { a: ofA, b: ofB }] of holdings.entries()) {
        const log = logs[i] as FakeLog
        expect(held(a, log)).toEqual(expected(after(ofA, ofB)))
        expect(held(b, log)).toEqual(expected(after(ofB, ofA)))
      }
      for (const { replica } of [a, b]) expect(new Set(replica.arrivals).size).toBe(replica.arrivals.length)
    }
    expect(cuts).toBeGreaterThan(60)
  })
})

describe('the plan', () => {
  it('asks for nothing that is here, and for all that is not and can be checked', () => {
    fc.assert(
      fc.property(holding, ({ a: ofA, b: ofB }) => {
        const log = new FakeHost('w', 1).newLog(1)
        const set = (of: readonly Place[]): HaveSet =>
          new HaveSet([
            entryOf({
              ...log.identity,
              held: toRanges(rangesOf(of, 'E')),
              stubs: toRanges(rangesOf(of, 's')),
              ends: [],
            }),
          ])
        const [want] = planWants(set(ofA), set(ofB), () => true)
        const wanted = ofB.filter((other, i) => after(ofA, ofB, false)[i] !== ofA[i] && other !== '-')
        expect(countOf(want?.want ?? [])).toBe(wanted.length)
        const missing = ofB.filter(
          (other, i) => (other === 'E' && ofA[i] !== 'E') || (other === 's' && ofA[i] === '-'),
        )
        expect(countOf(want?.detached ?? [])).toBe(missing.length - wanted.length)
        expect(planWants(set(ofA), set(ofB), () => false)).toEqual([])
      }),
    )
  })
})
