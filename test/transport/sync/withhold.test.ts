import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { difference, toRanges } from '../../../src/engine/core/ranges.js'
import type { Ranges } from '../../../src/engine/core/ranges.js'
import type { Withhold } from '../../../src/engine/ports/replica.js'
import type { SyncFilter, SyncOptions } from '../../../src/transport/sync/sync-types.js'
import { toldHave } from '../../../src/transport/sync/told-have.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import type { FakeLog } from './fake-log.js'
import { FakeHost, errorOf, resultOf, SyncWorld } from './sync-world.js'
import { coded, scene, sufferAfterAgreement, wantNothing } from './villain.js'

/** Files are named by the first letter of an event: see `FakeReplica`. Capitals are the project “loud”. */
const withholdFor = ({ projects, sessions }: SyncFilter): Withhold => {
  return (_, subject) => {
    if (subject.kind !== 'file') return true
    const { path } = subject.file
    if (projects.length > 0 && !(projects.includes('loud') && path === path.toUpperCase())) return true
    return sessions.length > 0 && !sessions.includes(path)
  }
}
const loud: SyncFilter = { projects: ['loud'], sessions: [] }

function logOf(host: FakeHost, files: string): FakeLog {
  const log = host.newLog(0)
  log.append(
    ...host.payloads(files.length).map((rest, i) => Buffer.concat([Buffer.from(files[i] ?? ''), rest])),
  )
  host.replica.write(log)
  return log
}

function pair(seed: number | string): readonly [FakeHost, FakeHost, SyncWorld] {
  return [new FakeHost('a', seed), new FakeHost('b', seed), new SyncWorld(seed)]
}

function only(filter: SyncFilter): { a: Partial<SyncOptions>; b: Partial<SyncOptions> } {
  return { a: { only: filter, withholdFor }, b: { withholdFor } }
}

function rangesOf(files: string, wanted: (file: string) => boolean): Ranges {
  return toRanges(files.split('').flatMap((file, from) => (wanted(file) ? [{ from, to: from + 1 }] : [])))
}

const isLoud = (file: string): boolean => file === file.toUpperCase()
const all = (files: string): Ranges => [{ from: 0, to: files.length }]

describe('what a host keeps back', () => {
  it('goes as stubs, up to the last event that goes whole, and comes when the rule is lifted', async () => {
    const [a, b, world] = pair(1)
    const files = 'AxxAxAxxx'
    const log = logOf(a, files)
    const withhold = withholdFor(loud)
    const [left, right] = (await world.meet(a, b, { a: { withhold } })).map(resultOf)
    expect(left).toMatchObject({ sent: 3, sentStubs: 3, received: 0 })
    expect(right).toMatchObject({ received: 3, receivedStubs: 3, missing: [], detached: [] })
    expect(b.replica.held(log.log)).toEqual(rangesOf(files, isLoud))
    expect(b.replica.stubs(log.log)).toEqual(difference([{ from: 0, to: 6 }], rangesOf(files, isLoud)))
    const [again] = (await world.meet(a, b, { a: { withhold } })).map(resultOf)
    expect(again).toMatchObject({ sent: 0, sentStubs: 0 })
    const [lifted] = (await world.meet(a, b)).map(resultOf)
    expect(lifted).toMatchObject({ sent: 6, sentStubs: 0 })
    expect(b.replica.held(log.log)).toEqual(all(files))
  })

  it('is filled by another host that may send it, and a stub is no copy', async () => {
    const [a, b, world] = pair(2)
    const c = new FakeHost('c', 2)
    const files = 'AxA'
    const log = logOf(a, files)
    await world.meet(a, b, { a: { withhold: withholdFor(loud) } })
    const [fromB] = (await world.meet(b, c)).map(resultOf)
    expect(fromB).toMatchObject({ sent: 2, sentStubs: 1 })
    await world.meet(a, c)
    const [fill] = (await world.meet(c, b)).map(resultOf)
    expect(fill).toMatchObject({ sent: 1, sentStubs: 0 })
    expect(b.replica.held(log.log)).toEqual(all(files))
  })

  it('is not asked for by a host that has it and keeps it back', async () => {
    const [a, b, world] = pair(3)
    logOf(a, 'AxA')
    await world.meet(a, b)
    const [left] = (await world.meet(a, b, { a: { withhold: withholdFor(loud) } })).map(resultOf)
    expect(left).toMatchObject({ sent: 0, received: 0, sentStubs: 0, receivedStubs: 0 })
    expect(a.replica.arrivals).toEqual([])
  })

  it('is counted as stubs in a dry run', async () => {
    const [a, b, world] = pair(4)
    const log = logOf(a, 'AxA')
    const [left] = (await world.meet(a, b, { a: { withhold: withholdFor(loud), dryRun: true } })).map(
      resultOf,
    )
    expect(left?.plan).toEqual([{ log: log.log, direction: 'send', events: 3, bytes: 41 + 32 + 41 }])
  })

  it('takes the stubs along when something new stands behind it, in a live session', async () => {
    const [a, b, world] = pair(5)
    const log = logOf(a, 'Axx')
    const stop = new AbortController()
    const over = world.meetLater(a, b, {
      a: { mode: 'live', withhold: withholdFor(loud), signal: stop.signal },
      b: { mode: 'live' },
    })
    await world.pass(1000)
    expect([b.replica.held(log.log), b.replica.stubs(log.log)]).toEqual([all('A'), []])
    a.replica.append(log, Buffer.from('x1'), Buffer.from('B2'))
    await world.pass(1000)
    expect(b.replica.held(log.log)).toEqual(rangesOf('AxxxB', isLoud))
    expect(b.replica.stubs(log.log)).toEqual([{ from: 1, to: 4 }])
    stop.abort()
    expect((await world.run(over)).map(errorOf)).toEqual([undefined, undefined])
  })

  it('does not hide the end of a log with more changes than can be told', async () => {
    const [a, b, world] = pair(6)
    const files = 'Ax'.repeat(30)
    const log = logOf(a, files)
    const a1 = { withhold: withholdFor(loud), limits: { logMaxRanges: 12 } }
    const [left] = (await world.meet(a, b, { a: a1 })).map(resultOf)
    expect(left).toMatchObject({ sent: 30, sentStubs: 29 })
    expect(b.replica.held(log.log)).toEqual(rangesOf(files, isLoud))
    const haves = await a.replica.have(withholdFor(loud))
    const [told] = toldHave(haves, () => true, { ...syncLimits, logMaxRanges: 12 }).entries
    expect((told?.held.length ?? 0) + (told?.stubs.length ?? 0)).toBeLessThanOrEqual(12)
    expect(told?.held.at(-1)?.to).toBe(59)
    const [again, right] = (await world.meet(a, b, { a: a1 })).map(resultOf)
    expect([again?.sent, again?.sentStubs, right?.received]).toEqual([0, 0, 0])
  })
})

describe('a filter that the initiator asks for', () => {
  const letters = fc.array(fc.constantFrom('A', 'B', 'x', 'y'), { minLength: 1, maxLength: 12 })

  it('binds both directions, makes no hole, and leaves nothing behind when it is lifted', async () => {
    const filters = fc.constantFrom<SyncFilter>(
      loud,
      { projects: [], sessions: ['x'] },
      { projects: ['loud'], sessions: ['B'] },
    )
    await fc.assert(
      fc.asyncProperty(letters, letters, filters, fc.nat(0xffff), async (ofA, ofB, filter, seed) => {
        const [a, b, world] = pair(seed)
        const keeps = withholdFor(filter)
        const passes = (path: string): boolean =>
          !keeps('', { kind: 'file', file: { root: 'r', format: 'lines', path, home: '/h', cwd: null } })
        const texts = [ofA.join(''), ofB.join('')] as const
        const logs = [logOf(a, texts[0]), logOf(b, texts[1])] as const
        const [left, right] = (
          await world.meet(a, b, { ...only(filter), link: { delayMaxMs: 20, pieceMaxBytes: 200 } })
        ).map(resultOf)
        for (const [i, host] of [b, a].entries()) {
          const held = rangesOf(texts[i] ?? '', passes)
          const log = logs[i]?.log ?? ''
          expect(host.replica.held(log)).toEqual(held)
          expect(host.replica.stubs(log)).toEqual(difference([{ from: 0, to: held.at(-1)?.to ?? 0 }], held))
        }
        expect([left?.missing, right?.missing]).toEqual([[], []])
        const [again] = (await world.meet(a, b, only(filter))).map(resultOf)
        expect(again).toMatchObject({ sent: 0, received: 0, sentStubs: 0, receivedStubs: 0 })
        await world.meet(a, b)
        expect(b.replica.held(logs[0].log)).toEqual(all(texts[0]))
        expect(a.replica.held(logs[1].log)).toEqual(all(texts[1]))
        // Once both hold all, a filter finds nothing to do.
        const [still] = (await world.meet(a, b, only(filter))).map(resultOf)
        expect(still).toMatchObject({ sent: 0, received: 0, sentStubs: 0, receivedStubs: 0 })
        for (const { replica } of [a, b]) expect(new Set(replica.arrivals).size).toBe(replica.arrivals.length)
      }),
      { numRuns: 20 },
    )
  })

  it('goes together with holes and stubs of all sorts: in the end both hold what they would without it', async () => {
    const places = fc.array(fc.constantFrom('-', 's', 'E', 'E'), { minLength: 10, maxLength: 10 })
    const marked = (of: readonly string[], mark: string): Ranges =>
      rangesOf(of.join(''), (each) => each === mark)
    const files = 'AxBxAyxBAx'
    await fc.assert(
      fc.asyncProperty(places, places, fc.nat(0xffff), async (ofA, ofB, seed) => {
        const settledAt: unknown[] = []
        for (const filters of [[loud], []]) {
          const [a, b, world] = pair(seed)
          const writer = new FakeHost('writer', seed)
          const log = logOf(writer, files)
          for (const [host, of] of [[a, ofA] as const, [b, ofB] as const]) {
            host.replica.place(log, marked(of, 'E'), 'event')
            host.replica.place(log, marked(of, 's'), 'stub')
          }
          for (const filter of filters) {
            const met = (await world.meet(a, b, only(filter))).map(resultOf)
            expect(met.map(({ missing, forks }) => [missing, forks])).toEqual([
              [[], []],
              [[], []],
            ])
          }
          // What was filled in one session may make the next hole fillable.
          for (let session = 0; session < 5; session += 1) (await world.meet(a, b)).map(resultOf)
          const [last] = (await world.meet(a, b)).map(resultOf)
          expect(last).toMatchObject({ sent: 0, received: 0, sentStubs: 0, receivedStubs: 0 })
          settledAt.push([a, b].map(({ replica }) => [replica.held(log.log), replica.stubs(log.log)]))
        }
        const [filtered, plain] = settledAt
        expect(filtered).toEqual(plain)
      }),
      { numRuns: 12 },
    )
  })

  it('goes together with what either end keeps back anyway', async () => {
    const [a, b, world] = pair(7)
    const log = logOf(b, 'AxBA')
    const notB: Withhold = (_, subject) => subject.kind === 'file' && subject.file.path === 'B'
    const meeting = only(loud)
    await world.meet(a, b, { a: meeting.a, b: { ...meeting.b, withhold: notB } })
    expect(a.replica.held(log.log)).toEqual(rangesOf('AxBA', (file) => file === 'A'))
  })

  it('is refused where one end does not know of filters, before anything moved', async () => {
    for (const b of [{ features: ['settle'], withholdFor }, {}]) {
      const [left, right, world] = pair('old')
      const log = logOf(left, 'AxA')
      const [outcome] = await world.meet(left, right, { a: only(loud).a, b })
      expect(errorOf(outcome)).toMatchObject({
        code: 'PROTOCOL',
        message: expect.stringContaining('a part only'),
      })
      expect(right.replica.held(log.log)).toEqual([])
    }
  })

  it('is not told to a stranger', async () => {
    const [a, b, world] = pair(8)
    logOf(a, 'A')
    const [near, far] = world.links()
    const heard: Uint8Array[] = []
    const listening = (async () => {
      for await (const chunk of far.receive) heard.push(chunk)
    })().catch(() => undefined)
    const secret = { projects: ['very secret project'], sessions: [] }
    await world.run(world.start(a, near, 'initiator', { only: secret, withholdFor }))
    await listening
    expect(Buffer.concat(heard).length).toBeGreaterThan(100)
    expect(Buffer.concat(heard).includes('very secret')).toBe(false)
    expect(b.replica.arrivals).toEqual([])
  })

  it('is refused where it comes unannounced', async () => {
    const at = scene('filter')
    const outcome = await sufferAfterAgreement(at, async (channel) => {
      await channel.send(wantNothing)
      await channel.send({ type: 'filter', projects: ['p'], sessions: [] })
    })
    expect(errorOf(outcome)).toEqual(coded)
  })
})
