import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventBody, NewEvent } from '../../src/engine/core/event.js'
import { difference, toRanges, type Ranges } from '../../src/engine/core/ranges.js'
import type { EventRun, LogHave, Withhold } from '../../src/engine/ports/replica.js'
import { file, ReplicaHost } from './replica-world.js'

const secret = { ...file, path: '-home-me-tax/b.jsonl' }
const started = { agent: 'claude', pid: 7, note: '' } as const

/** One event of each sort; what the filter below lets go whole stands first. */
const bodies: Readonly<Record<string, (position: number) => EventBody>> = {
  open: (position) => ({ kind: 'append', file, epoch: 0, position, bytes: Buffer.from('open\n') }),
  alias: () => ({ kind: 'alias', project: 'app', path: '~/app', host: null }),
  ours: () => ({ kind: 'resolve', stream: 'ours', heads: [], pieces: [], choice: 'keep' }),
  begun: () => ({ kind: 'session-start', ...started, file }),
  secret: (position) => ({ kind: 'append', file: secret, epoch: 0, position, bytes: Buffer.from('shut\n') }),
  theirs: () => ({ kind: 'resolve', stream: 'theirs', heads: [], pieces: [], choice: 'keep' }),
  hidden: () => ({ kind: 'session-start', ...started, file: secret }),
  crash: () => ({ kind: 'crash', ...started, file: null }),
}
const names = Object.keys(bodies)
const isKept = (name: string): boolean => names.indexOf(name) > 3

const withhold: Withhold = (_, subject) => {
  if (subject.kind === 'file') return subject.file.path === secret.path
  return subject.kind === 'stream' ? subject.stream !== 'ours' : true
}

async function hostWith(chosen: readonly string[]): Promise<ReplicaHost> {
  const host = await ReplicaHost.create()
  const counts = { open: 0, secret: 0 }
  for (const name of chosen) {
    const position = name === 'open' || name === 'secret' ? 5 * counts[name]++ : 0
    const event: NewEvent = { body: bodies[name]!(position) }
    await host.append([event])
  }
  return host
}

function rangesOf(run: EventRun, kind: 'event' | 'stub'): Ranges {
  return toRanges(
    run.events.flatMap((event, i) =>
      event.kind === kind ? [{ from: run.from + i, to: run.from + i + 1 }] : [],
    ),
  )
}

async function haveOf(host: ReplicaHost, log: string, rule?: Withhold): Promise<LogHave | undefined> {
  return (await host.replica.have(rule)).find((each) => each.log === log)
}

async function runsOf(host: ReplicaHost, rule?: Withhold): Promise<EventRun[]> {
  const runs: EventRun[] = []
  for await (const run of host.replica.read(host.log, { from: 0, to: 1e9 }, rule)) runs.push(run)
  return runs
}

describe('what a filter keeps back', () => {
  it('is told and sent alike, keeps its place, and is filled later', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...names), { maxLength: 12 }), async (chosen) => {
        const a = await hostWith(chosen)
        const b = await ReplicaHost.create()
        const all = [{ from: 0, to: chosen.length + 1 }]
        const kept = toRanges(chosen.flatMap((name, i) => (isKept(name) ? [{ from: i + 1, to: i + 2 }] : [])))
        const open = difference(all, kept)
        const told = [{ from: 0, to: open.at(-1)!.to }]
        const [run, ...others] = await runsOf(a, withhold)
        expect(others).toEqual([])
        expect([rangesOf(run!, 'event'), rangesOf(run!, 'stub')]).toEqual([open, kept])
        const have = await haveOf(a, a.log, withhold)
        const inner = difference(kept, [{ from: told[0]!.to, to: 1e9 }])
        expect(have).toMatchObject({ held: open, stubs: inner, withheld: inner })
        for (const { to } of [...open, ...inner, ...told])
          expect(have!.ends.find(({ events }) => events === to)?.chain).toEqual(
            await a.replica.chainAt(a.log, to),
          )
        expect(await b.replica.store(run!)).toMatchObject({ kind: 'stored' })
        expect(await haveOf(b, a.log)).toMatchObject({ held: open, stubs: kept })
        expect(b.store.reader.log(a.log)).toMatchObject({ events: chosen.length + 1, lost: kept })
        expect(await b.replica.store(run!)).toEqual({ kind: 'known' })
        await b.take(a, a.log)
        expect(await haveOf(b, a.log)).toMatchObject({ held: all, stubs: [] })
        expect([b.chain(a.log), await b.damages(a.log)]).toEqual([a.chain(a.log), []])
      }),
      { numRuns: 30 },
    )
  })

  it('goes by the latest facts of a file, for all its events', async () => {
    const a = await ReplicaHost.create()
    const append = (position: number, cwd: string | null): NewEvent => ({
      body: { kind: 'append', file: { ...file, cwd }, epoch: 0, position, bytes: Buffer.from('x') },
    })
    await a.append([append(0, null), append(1, '/home/me/tax')])
    const rule: Withhold = (_, subject) => subject.kind === 'file' && subject.file.cwd === '/home/me/tax'
    const [run] = await runsOf(a, rule)
    expect(rangesOf(run!, 'stub')).toEqual([{ from: 1, to: 3 }])
    expect(await haveOf(a, a.log, rule)).toMatchObject({ held: [{ from: 0, to: 1 }], stubs: [] })
  })
})
