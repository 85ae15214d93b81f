import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeline } from '../../src/daemon/operations/timeline.js'
import { comparePlaces, timelineEvents } from '../../src/daemon/operations/timeline-events.js'
import type { TimelinePlace } from '../../src/daemon/operations/timeline-events.js'
import { LogPlaces } from '../../src/daemon/operations/timeline-place.js'
import type { Runtime } from '../../src/daemon/runtime.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import type { Event } from '../../src/engine/core/event.js'
import type { LoggedEvent, LogInfo, LogReader } from '../../src/engine/ports/log.js'

/** A log with these times, in ms; null is an event that can't be read here. */
type Times = readonly (number | null)[]

/** Times that never run backwards, with holes; the first event is there. */
const times = fc
  .array(fc.record({ gap: fc.nat(3), hole: fc.boolean() }), { maxLength: 40 })
  .map((steps): Times => {
    let ms = 1000
    return steps.map(({ gap, hole }, i) => {
      ms += gap
      return hole && i > 0 ? null : ms
    })
  })

class FakeReader implements Pick<LogReader, 'logs' | 'log' | 'read'> {
  reads = 0
  readonly #logs: ReadonlyMap<string, Times>

  constructor(logs: readonly Times[]) {
    this.#logs = new Map(logs.map((each, i) => [`log${i}`, each]))
  }

  logs(): LogInfo[] {
    return [...this.#logs].map(([log, each]) => {
      const last = each.findLast((ms) => ms !== null)
      const time = last === undefined || last === null ? null : { ms: last, counter: 0 }
      return {
        log,
        host: `host of ${log}`,
        hostName: log,
        writing: log === 'log0',
        events: each.length,
        bytes: 0,
        chain: new Uint8Array(32),
        last: time,
        lost: [],
      }
    })
  }

  log(log: string): LogInfo | undefined {
    return this.logs().find((info) => info.log === log)
  }

  read({ log, offset }: { log: string; offset: number }): Promise<LoggedEvent> {
    this.reads++
    const ms = this.#logs.get(log)?.[offset]
    if (ms === null || ms === undefined) return Promise.reject(new HoldfastError('STORE_DAMAGED', 'not here'))
    const body = { kind: 'milestone', name: `${log}@${offset}`, have: {} } as const
    const event: Event = { log, offset, time: { ms, counter: 0 }, parents: [], body }
    return Promise.resolve({ event, encoded: new Uint8Array(0), chain: new Uint8Array(32) })
  }

  get runtime(): Runtime {
    const store = { reader: this, getMeta: () => Promise.resolve(undefined), log: undefined }
    return { store } as unknown as Runtime
  }
}

function places(logs: readonly Times[]): TimelinePlace[] {
  const all = logs.flatMap((each, i) =>
    each.flatMap((ms, offset) => (ms === null ? [] : [{ ms, counter: 0, log: `log${i}`, offset }])),
  )
  return all.toSorted((a, b) => comparePlaces(b, a))
}

describe('LogPlaces', () => {
  it('finds what looking at every event finds', async () => {
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 990, max: 1130 }), async (log, ms) => {
        const reader = new FakeReader([log])
        const [info] = reader.logs()
        if (!info) throw new Error('there is a log')
        const found = await new LogPlaces(reader as unknown as LogReader, info).atOrAfter(ms)
        // Between the last one before and the first one after, whatever can't be read.
        const last = log.findLastIndex((each) => each !== null && each < ms)
        const first = log.findIndex((each) => each !== null && each >= ms)
        expect(found).toBeGreaterThan(last)
        expect(found).toBeLessThanOrEqual(first < 0 ? log.length : first)
      }),
    )
  })

  it('reads a few events of a long log', async () => {
    const reader = new FakeReader([Array.from({ length: 100_000 }, (_, i) => i)])
    const [info] = reader.logs()
    if (!info) throw new Error('there is a log')
    expect(await new LogPlaces(reader as unknown as LogReader, info).atOrAfter(77_777)).toBe(77_777)
    expect(reader.reads).toBeLessThan(20)
  })
})

describe('timeline', () => {
  it('counts every event in exactly one step', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(times, { maxLength: 4 }),
        fc.integer({ min: 1, max: 30 }),
        async (logs, steps) => {
          const result = await timeline(new FakeReader(logs).runtime, { steps })
          const all = logs.reduce((sum, { length }) => sum + length, 0)
          expect(result.hosts.reduce((sum, { events }) => sum + events, 0)).toBe(all)
          for (const { counts, events } of result.hosts) {
            expect(counts.every((count) => count >= 0)).toBe(true)
            expect(counts.reduce((sum, count) => sum + count, 0)).toBe(events)
          }
        },
      ),
    )
  })

  it('counts what lies in a window, step by step', async () => {
    const log = [1000, 1000, 1005, 1010, 1019, 1020, 1030]
    const { runtime } = new FakeReader([log, []])
    const result = await timeline(runtime, { from: 1000, to: 1030, steps: 3 })
    expect(result).toMatchObject({ from: 1000, to: 1030, stepMs: 10, first: 1000, last: 1030 })
    expect(result.hosts.map(({ name, counts }) => [name, counts])).toEqual([['log0', [3, 2, 1]]])
  })

  it('has nothing to show where nothing is recorded', async () => {
    expect(await timeline(new FakeReader([]).runtime, { steps: 10 })).toMatchObject({ from: null, hosts: [] })
  })
})

describe('timeline.events', () => {
  it('lists every readable event once over its pages, the latest first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(times, { maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (logs, limit) => {
          const { runtime } = new FakeReader(logs)
          const seen: TimelinePlace[] = []
          for (let before: TimelinePlace | null = null; ;) {
            const page: Awaited<ReturnType<typeof timelineEvents>> = await timelineEvents(runtime, {
              limit,
              ...(before === null ? {} : { before }),
            })
            expect(page.events.length).toBeLessThanOrEqual(limit)
            seen.push(...page.events)
            before = page.next
            // A page that begins where it ended would never end.
            if (before === null || seen.length > 1000) break
          }
          const found = seen.map(({ ms, counter, log, offset }) => ({ ms, counter, log, offset }))
          expect(found).toEqual(places(logs))
        },
      ),
    )
  })

  it('keeps to a window and to a host', async () => {
    const logs = [
      [1000, 1010, 1020],
      [1005, 1010, 1015],
    ]
    const { runtime } = new FakeReader(logs)
    const inside = await timelineEvents(runtime, { from: 1005, to: 1015, limit: 10 })
    expect(inside.events.map(({ log, ms }) => [log, ms])).toEqual([
      ['log1', 1010],
      ['log0', 1010],
      ['log1', 1005],
    ])
    const one = await timelineEvents(runtime, { host: 'host of log0', limit: 2 })
    expect(one.events.map(({ ms }) => ms)).toEqual([1020, 1010])
    expect(one.next).not.toBeNull()
  })
})
