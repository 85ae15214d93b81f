import { beforeEach, describe, expect, it } from 'vitest'
import { SyncHost } from '../../src/daemon/sync-host.js'
import { syncFilter } from '../../src/daemon/sync-filter.js'
import type { Withhold } from '../../src/engine/ports/replica.js'
import type { SyncOptions } from '../../src/transport/sync/sync-types.js'
import { createMemoryLinks } from '../../src/transport/links/memory-link.js'
import { runSyncSession } from '../../src/transport/sync/sync-session.js'
import type { SyncFilter, SyncResult } from '../../src/transport/sync/sync-types.js'
import type { RecordedHome } from './recorded-home.js'
import { namedHome, logsAt } from './peer-world.js'

const files = {
  '-home-me-app/one.jsonl': 'one\n',
  '-home-me-app/one/subagents/agent-x.jsonl': 'helper\n',
  '-home-me-app/other.jsonl': 'other\n',
  '-home-me-tax/money.jsonl': 'secret\n',
}

let a: RecordedHome
let b: RecordedHome

beforeEach(async () => {
  a = namedHome('alder')
  b = namedHome('birch')
  for (const [path, text] of Object.entries(files)) a.write(path, text)
  b.write('-home-me-app/from-birch.jsonl', 'hello\n')
  b.write('-home-me-tax/at-birch.jsonl', 'hidden\n')
  await a.record()
  await b.record()
})

/** One session in which the initiator asks for a part. */
function meetFor(only?: SyncFilter): Promise<readonly [SyncResult, SyncResult]> {
  return a.with((mine) =>
    b.with(async (theirs) => {
      const { near, far } = createMemoryLinks({ clock: mine.clock, random: mine.random })
      const [left, right] = [await SyncHost.open(mine), await SyncHost.open(theirs)]
      const both: Pick<SyncOptions, 'mode' | 'send' | 'receive' | 'authorise'> = {
        mode: 'once',
        send: true,
        receive: true,
        authorise: () => 'accept',
      }
      return Promise.all([
        runSyncSession({
          ...left.session(),
          ...both,
          link: near,
          role: 'initiator',
          ...(only ? { only } : {}),
        }),
        runSyncSession({ ...right.session(), ...both, link: far, role: 'responder' }),
      ])
    }),
  )
}

/** Paths of another host's files of which anything is here. */
function pathsAt(holder: RecordedHome, host: string): Promise<string[]> {
  return holder.with(({ store: { reader } }) =>
    Promise.resolve(
      [...reader.files()]
        .filter(({ log }) => reader.log(log)?.hostName === host)
        .map(({ facts }) => facts.path)
        .toSorted(),
    ),
  )
}

const filterOf = (home: RecordedHome, filter: SyncFilter): Promise<Withhold> =>
  home.with(({ store }) => syncFilter(store.reader, filter))

describe('a sync of one project', () => {
  it('moves that project alone, both ways, and the rest when it is asked for', async () => {
    // These folders are below no home here, so their names are the projects’ names.
    const [left, right] = await meetFor({ projects: ['-home-me-app'], sessions: [] })
    expect(await pathsAt(b, 'alder')).toEqual(
      Object.keys(files)
        .filter((path) => path.includes('app'))
        .toSorted(),
    )
    expect(await pathsAt(a, 'birch')).toEqual(['-home-me-app/from-birch.jsonl'])
    expect([left.missing, right.missing, left.forks]).toEqual([[], [], []])
    expect(await a.verify()).toMatchObject({ ok: true })
    expect(await b.verify()).toMatchObject({ ok: true })
    const [again] = await meetFor({ projects: ['-home-me-app'], sessions: [] })
    expect(again).toMatchObject({ sent: 0, received: 0, sentStubs: 0, receivedStubs: 0 })
    const [whole] = await meetFor()
    expect([whole.sent, whole.received]).toEqual([1, 1])
    expect(await pathsAt(b, 'alder')).toEqual(Object.keys(files).toSorted())
    expect(await b.verify()).toMatchObject({ ok: true })
    for (const home of [a, b]) expect((await logsAt(home)).all.map(({ lost }) => lost)).toEqual([[], []])
    expect((await logsAt(a)).all.map(({ chain }) => chain)).toEqual(
      (await logsAt(b)).all.map(({ chain }) => chain),
    )
  })

  it('moves nothing of a project that nobody has', async () => {
    const [left] = await meetFor({ projects: ['nobody’s'], sessions: [] })
    // The events that open the two logs.
    expect([left.sent, left.received, left.sentStubs, left.receivedStubs]).toEqual([1, 1, 0, 0])
  })
})

describe('a filter', () => {
  const file = (path: string) =>
    ({ kind: 'file', file: { root: 'claude', format: 'claude', path, home: '/home/me', cwd: null } }) as const

  it.each([
    ['one', ['one.jsonl', 'one/subagents/agent-x.jsonl']],
    ['on', ['one.jsonl', 'one/subagents/agent-x.jsonl']],
    ['-home-me-app/one.jsonl', ['one.jsonl', 'one/subagents/agent-x.jsonl']],
    ['/elsewhere/-home-me-app/other.jsonl', ['other.jsonl']],
    ['agent-x', ['one/subagents/agent-x.jsonl']],
    ['one.jsonl/', []],
  ])('by session “%s” lets through the session and what stands beside it', async (wanted, passing) => {
    const keeps = await filterOf(a, { projects: [], sessions: [wanted] })
    const { own } = await logsAt(a)
    const all = ['one.jsonl', 'one/subagents/agent-x.jsonl', 'other.jsonl']
    expect(all.filter((path) => !keeps(own, file(`-home-me-app/${path}`)))).toEqual(passing)
  })

  it('goes by the project’s name on the host that wrote the log, and by both where both are named', async () => {
    const { own } = await logsAt(a)
    const keeps = await filterOf(a, { projects: ['~-app'], sessions: ['one'] })
    expect(keeps(own, file('-home-me-app/one.jsonl'))).toBe(false)
    expect(keeps(own, file('-home-me-app/other.jsonl'))).toBe(true)
    expect(keeps(own, file('-home-me-tax/one.jsonl'))).toBe(true)
  })

  it('keeps back decisions about other streams, and what names nothing', async () => {
    const { own } = await logsAt(a)
    const keeps = await filterOf(a, { projects: ['-home-me-app'], sessions: [] })
    const stream = (folder: string, name: string) =>
      ({ kind: 'stream', stream: `claude:claude:${folder}:${name}` }) as const
    expect(keeps(own, stream('-home-me-app', 'one.jsonl'))).toBe(false)
    expect(keeps(own, stream('-home-me-tax', 'money.jsonl'))).toBe(true)
    expect(keeps(own, { kind: 'other' })).toBe(true)
  })
})
