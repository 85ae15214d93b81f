import { afterEach, describe, expect, it } from 'vitest'
import type { HostRow } from '../../src/daemon/operations/hosts.js'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { SyncHome } from './home.js'
import { digests } from './live-daemon.js'

const homes: SyncHome[] = []

afterEach(async () => {
  for (const home of homes.splice(0)) {
    await home.dispose()
  }
})

/** Two hosts with sessions of their own. */
async function pair(): Promise<readonly [SyncHome, SyncHome]> {
  const [a, b] = [new SyncHome('alder'), new SyncHome('birch')]
  homes.push(a, b)
  a.generate('alder', 300_000, 12)
  b.generate('birch', 300_000, 12)
  await a.record()
  await b.record()
  return [a, b]
}

const sync = (from: SyncHome, ...args: string[]) => from.json<SyncResultRow>(['sync', ...args])

async function hold(holder: SyncHome, owner: SyncHome): Promise<void> {
  expect(digests(await holder.replay(owner.name))).toEqual(digests(owner.expected))
}

const hosts = async (of: SyncHome) => (await of.json<{ hosts: readonly HostRow[] }>(['host', 'list'])).hosts

describe('two hosts without daemons', () => {
  it('hold each other’s sessions after one sync; a second one moves nothing', async () => {
    const [a, b] = await pair()
    expect(await a.json(['peer', 'add', 'b', b.url])).toMatchObject({ name: 'b', reached: true })
    const [[own], [theirs]] = await Promise.all([hosts(a), hosts(b)])
    // Each lacks all that the other recorded: behind, which is no damage.
    expect(await a.json(['verify', 'b'], 4)).toMatchObject({
      ok: false,
      problems: [],
      peer: { peer: 'birch', problems: [] },
    })
    const first = await sync(a)
    expect(first).toMatchObject({ written: [], held: [], conflicts: 0, forks: [], notes: [] })
    expect(first.peers).toMatchObject([
      { name: 'b', sent: own!.logs[0]!.events, received: theirs!.logs[0]!.events, error: null },
    ])
    await Promise.all([hold(a, b), hold(b, a)])
    const { sessions } = await a.json<{ sessions: { id: string; host: string }[] }>([
      'list',
      '--host',
      'birch',
    ])
    expect(sessions.every(({ host }) => host === 'birch')).toBe(true)
    const { id } = sessions.find((each) => each.id.length === 36)!
    expect(await a.json(['versions', id, '--host', 'birch'])).toMatchObject({ host: 'birch' })
    const second = await sync(a)
    expect(second.peers).toMatchObject([{ sent: 0, received: 0 }])
    expect(second.peers[0]!.bytesSent).toBeLessThan(2_000)
    expect(await a.json(['verify', 'b'])).toMatchObject({ ok: true, peer: { ok: true, problems: [] } })
  })

  it('say what keeps them apart', async () => {
    const a = new SyncHome('alder')
    const b = new SyncHome('birch')
    homes.push(a, b)
    expect(await a.json(['peer', 'add', 'gone', 'exec:echo no such host >&2; exit 3'])).toMatchObject({
      reached: false,
    })
    const unreachable = await a.run('sync', 'gone', '--json')
    expect([unreachable.code, unreachable.stdout]).toEqual([6, expect.stringContaining('no such host')])
    await a.json(['peer', 'add', 'b', b.url])
    b.beginAnew()
    const refused = await a.run('sync', 'b')
    expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining('holdfast peer add b')])
    expect((await a.json<SyncResultRow>(['sync'], 7)).peers).toMatchObject([
      { name: 'gone', error: { code: 'PEER_UNREACHABLE' } },
      { name: 'b', error: { code: 'PEER_REFUSED' } },
    ])
  })
})

describe('two hosts with daemons', () => {
  it('meet through them, and one that was rolled back goes on in a new log while its daemon runs', async () => {
    const [a, b] = await pair()
    const rollBack = a.snapshot()
    a.say('seen by the peer')
    await Promise.all([a.json(['daemon', 'start']), b.json(['daemon', 'start'])])
    await a.json(['peer', 'add', 'b', b.url])
    expect((await sync(a)).peers).toMatchObject([{ error: null, missing: 0 }])
    await Promise.all([hold(a, b), hold(b, a)])

    await a.json(['daemon', 'stop'])
    rollBack()
    await a.json(['daemon', 'start'])
    await a.json(['peer', 'add', 'b', b.url])
    a.say('written in its place', 1)
    await a.json(['record'])
    const forked = await a.json<SyncResultRow>(['sync'], 5)
    expect(forked.forks).toMatchObject([{ peer: 'b' }])
    const [own] = await hosts(a)
    expect(own!.logs.map(({ reason }) => reason).join()).toContain('another writer')
    await a.json(['record'])
    expect((await sync(a)).forks.filter(({ isNew }) => isNew)).toEqual([])
    await hold(b, a)
    const { running } = await a.json<{ running: boolean }>(['daemon', 'status'])
    expect(running).toBe(true)
  })
})
