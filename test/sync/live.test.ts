import { afterEach, describe, expect, it } from 'vitest'
import { isProcess } from '../../src/daemon/process-start.js'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { SyncHome } from './home.js'
import { eventsAt, holdsAll, lackingOf, statusOf, until, watchedUrl } from './live-daemon.js'

const homes: SyncHome[] = []

afterEach(async () => {
  for (const home of homes.splice(0)) await home.dispose()
})

/** Hosts with sessions of their own whose daemons run. */
async function running(...names: string[]): Promise<SyncHome[]> {
  const made = names.map((name) => new SyncHome(name))
  homes.push(...made)
  for (const home of made) home.generate(home.name, 40_000, 2)
  await Promise.all(made.map((home) => home.json(['daemon', 'start'])))
  return made
}

const recorded = (home: SyncHome, events: number) =>
  until(`${home.name} recorded what was said`, async () => (await statusOf(home)).events > events)

async function killDaemon(home: SyncHome): Promise<void> {
  const { pid } = await home.json<{ pid: number }>(['daemon', 'status'])
  process.kill(pid, 'SIGKILL')
  await until('the daemon is dead', () => !isProcess(pid, null))
}

describe('daemons that are peers', () => {
  it('pass on what is appended, through a third host, without being asked', async () => {
    const [a, b, c] = (await running('alder', 'birch', 'cedar')) as [SyncHome, SyncHome, SyncHome]
    await a.json(['peer', 'add', 'b', b.url])
    await b.json(['peer', 'add', 'c', c.url])
    await holdsAll(c, a)
    await holdsAll(a, c)
    for (let n = 0; n < 3; n++) {
      const before = (await statusOf(a)).events
      a.say(`said ${n}`)
      await recorded(a, before)
      await holdsAll(c, a)
    }
    expect(lackingOf(a, await c.replay('alder'))).toEqual([])
    expect((await statusOf(a)).peers).toMatchObject([{ name: 'b', state: 'live', sentLag: 0 }])
    expect((await statusOf(c)).inbound).toMatchObject([{ host: 'birch', state: 'live' }])
    const { peers } = await a.json<SyncResultRow>(['sync'])
    expect(peers).toMatchObject([{ name: 'b', sent: 0, received: 0, error: null }])
    expect((await a.run('status')).stdout).toMatch(/peers +b: connected for/)
  })

  it('catch up after either was killed, and after each link that breaks in the middle of a transfer', async () => {
    const [a, b] = (await running('alder', 'birch')) as [SyncHome, SyncHome]
    const far = watchedUrl(b)
    await a.json(['peer', 'add', 'b', far.url])
    await holdsAll(b, a)
    await killDaemon(b)
    const before = (await statusOf(a)).events
    a.say('while the other was dead')
    await recorded(a, before)
    await b.json(['daemon', 'start'])
    await holdsAll(b, a)
    await killDaemon(a)
    a.say('while this one was dead')
    await a.json(['daemon', 'start'])
    await until('it was recorded', async () => (await statusOf(a)).events > before + 1)
    await holdsAll(b, a)
    for (let n = 0; n < 2; n++) {
      a.generate(`more ${n}`, 1_500_000, 2)
      await until('something moves', async () => ((await statusOf(a)).peers[0]?.sentLag ?? 0) > 0)
      for (const pid of far.living()) process.kill(pid, 'SIGKILL')
    }
    await a.json(['record'])
    await holdsAll(b, a)
    expect(lackingOf(a, await b.replay('alder'))).toEqual([])
    expect(await b.json(['verify'])).toMatchObject({ ok: true, problems: [] })
  })

  it('take peers that are added, changed and removed without a new start of the recording', async () => {
    const [a, b] = (await running('alder', 'birch')) as [SyncHome, SyncHome]
    await a.json(['peer', 'add', 'b', b.url, '--pull-only'])
    await holdsAll(a, b)
    expect(await eventsAt(b, 'alder')).toBe(0)
    await a.json(['peer', 'add', 'b', b.url])
    await holdsAll(b, a)
    await a.json(['peer', 'remove', 'b', '--yes'])
    const before = (await statusOf(b)).events
    b.say('to nobody')
    await recorded(b, before)
    await until('the session ended', async () => (await statusOf(b)).inbound.length === 0)
    expect((await statusOf(a)).peers).toEqual([])
    expect(await eventsAt(a, 'birch')).toBe(before)
    expect((await a.run('daemon', 'logs')).stdout).not.toContain('took the config anew')
  })
})

describe('peers that do not behave', () => {
  it('keep nobody from recording', async () => {
    const [a, b] = (await running('alder', 'birch')) as [SyncHome, SyncHome]
    await a.run('peer', 'add', 'flood', 'exec:cat /dev/zero')
    await a.run('peer', 'add', 'noise', 'exec:head -c 100000 /dev/urandom; sleep 100')
    await a.run('peer', 'add', 'brief', 'exec:true')
    const far = watchedUrl(b)
    await a.json(['peer', 'add', 'b', far.url])
    await holdsAll(b, a)
    await until('one session is left', () => far.living().length === 1)
    // It took part until now, and does not read any more.
    const [serving] = far.living() as [number]
    process.kill(serving, 'SIGSTOP')
    try {
      for (let n = 0; n < 5; n++) {
        const before = (await statusOf(a)).events
        a.generate(`more ${n}`, 200_000, 1)
        a.say(`said ${n}`, n)
        await recorded(a, before)
      }
      const { peers } = await statusOf(a)
      expect(peers.map(({ name, state }) => [name, state === 'live' || state === 'connecting'])).toEqual([
        ['flood', false],
        ['noise', false],
        ['brief', false],
        ['b', true],
      ])
      expect(peers.at(-1)!.sentLag).toBeGreaterThan(4)
      expect(peers[0]!.error).not.toBeNull()
    } finally {
      process.kill(serving, 'SIGCONT')
    }
    await a.json(['record'])
    await holdsAll(b, a)
    expect(lackingOf(a, await b.replay('alder'))).toEqual([])
  })
})
