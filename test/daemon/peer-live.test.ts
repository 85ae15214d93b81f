import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sync } from '../../src/daemon/operations/sync.js'
import { status } from '../../src/daemon/operations/status.js'
import { verify } from '../../src/daemon/operations/verify.js'
import { editConfigFile } from '../../src/daemon/config-file.js'
import { putPeer } from '../../src/daemon/config-edit.js'
import { LiveHost } from './live-world.js'
import { namedHome } from './peer-world.js'
import { keptIo } from './recorded-home.js'

const names = ['alder', 'birch', 'cedar'] as const
let hosts: LiveHost[]
let [a, b, c] = [] as unknown as [LiveHost, LiveHost, LiveHost]

beforeEach(async () => {
  hosts = []
  for (const name of names) {
    const home = namedHome(name)
    home.write(`p/${name}.jsonl`, `${name} begins\n`)
    hosts.push(await LiveHost.start(home))
  }
  ;[a, b, c] = hosts as [LiveHost, LiveHost, LiveHost]
})

afterEach(async () => {
  await Promise.all(hosts.map(({ connections }) => connections.stop()))
  for (const host of hosts) await host.stop()
})

/** Configures a peer in the config file, too: what operations ask for. */
function configure(host: LiveHost, peer: LiveHost): void {
  const entry = {
    name: peer.session.own.hostName,
    url: `exec:${peer.session.own.hostName}`,
    direction: 'both' as const,
  }
  editConfigFile(host.home.home, (text) => putPeer(text, entry, host.home.home.configFile))
}

describe('hosts that stay connected', () => {
  it('pass on what is recorded, both ways and through a third', async () => {
    a.names(b)
    b.names(c)
    await Promise.all([a.connected(), b.connected()])
    await Promise.all([a.holds(b, c), b.holds(a, c), c.holds(a, b)])
    const dialled = hosts.map((host) => host.dialled)
    for (let n = 0; n < 5; n++) {
      await a.say('p/alder.jsonl', `line ${n}\n`)
      await c.say('p/cedar.jsonl', `line ${n}\n`)
    }
    await Promise.all([a.holds(c), b.holds(a, c), c.holds(a)])
    expect(hosts.map((host) => host.dialled)).toEqual(dialled)
    for (const host of hosts) expect(await verify(host.runtime, {}, keptIo())).toMatchObject({ ok: true })
  })

  it('come back after every cut, and go on where they were', async () => {
    a.names(b)
    for (let n = 0; n < 8; n++) {
      await a.say('p/alder.jsonl', `${'x'.repeat(20_000)} ${n}\n`)
      await sleep(n * 3)
      a.cut()
    }
    await b.holds(a)
    expect(a.dialled).toBeGreaterThan(4)
    expect(await verify(b.runtime, {}, keptIo())).toMatchObject({ ok: true })
  })

  it('that name each other keep one session, and send nothing twice', async () => {
    a.names(b)
    b.names(a)
    await Promise.all([a.connected(), b.connected()])
    const inbound = (): number => [a, b].reduce((n, { connections }) => n + connections.inbound.length, 0)
    while (inbound() !== 1) await sleep(5)
    const bytes = (): number => a.wireBytes + b.wireBytes
    await Promise.all([a.holds(b), b.holds(a)])
    const before = bytes()
    const text = `${Buffer.from(a.runtime.random.bytes(30_000)).toString('base64')}\n`
    await a.say('p/alder.jsonl', text)
    await b.holds(a)
    await sleep(50)
    // Random bytes in base64 pack to three quarters: twice on the wire would be more than the text itself.
    expect(bytes() - before).toBeLessThan(text.length)
    const [own] = [a, b].filter(({ connections }) => connections.inbound.length === 0)
    const [other] = [a, b].filter((host) => host !== own)
    expect(other!.connections.report(own!.session.own.hostName)).toMatchObject({
      state: 'live',
      inbound: true,
    })
  })
})

describe('sync where the daemon is connected', () => {
  it('opens no second session, and tells what moved since it was asked for', async () => {
    a.names(b)
    configure(a, b)
    await a.connected()
    await Promise.all([a.holds(b), b.holds(a)])
    const before = a.dialled
    const args = { peers: ['birch'], direction: null, dryRun: false }
    const none = await sync(a.runtime, args, keptIo())
    expect(none.peers).toMatchObject([{ name: 'birch', sent: 0, received: 0, first: false, error: null }])
    expect(none.peers[0]!.key).toMatch(/^SHA256:/)
    a.home.append('p/alder.jsonl', 'more\n')
    await a.session.recorder.sweep()
    await sync(a.runtime, args, keptIo())
    expect(b.eventsOf(a)).toBe(a.eventsOf(a))
    expect(a.dialled).toBe(before)
  })

  it('shows how the peers stand', async () => {
    a.names(b)
    configure(a, b)
    await a.connected()
    await Promise.all([a.holds(b), b.holds(a)])
    expect((await status(a.runtime)).peers).toMatchObject([
      { name: 'birch', state: 'live', sentLag: 0, receivedLag: 0, error: null, inbound: false },
    ])
    expect((await status(b.runtime)).inbound).toMatchObject([{ host: 'alder', state: 'live' }])
    a.reach.set('birch', undefined as unknown as LiveHost)
    a.cut()
    while (a.connections.report('birch')?.state === 'live') await sleep(2)
    await a.say('p/alder.jsonl', 'unsent\n')
    const [peer] = (await status(a.runtime)).peers
    expect(peer).toMatchObject({ state: expect.stringMatching(/waiting|refused/), receivedLag: null })
    expect(peer!.error).not.toBeNull()
    expect(peer!.lastContact).not.toBeNull()
  })
})

describe('write-back in a sync', () => {
  it('is asked for with the quiet time of the sync, and left out where it is not wanted', async () => {
    a.names(b)
    configure(a, b)
    await a.connected()
    const asked: unknown[] = []
    a.runtime.writeBack = {
      settle: async (options) => {
        asked.push(options)
        return {
          written: [{ root: 'claude', path: 'p/birch.jsonl' }],
          held: [{ path: 'p/x.jsonl', reason: 'open' }],
        }
      },
    }
    const args = { peers: [], direction: null, dryRun: false, quietTimeMs: 700 }
    expect(await sync(a.runtime, args, keptIo())).toMatchObject({
      written: [{ root: 'claude', path: 'p/birch.jsonl' }],
      held: [{ path: 'p/x.jsonl', reason: 'open' }],
    })
    expect(asked).toEqual([{ quietTimeMs: 700 }])
    expect(await sync(a.runtime, { ...args, noWrite: true }, keptIo())).toMatchObject({
      written: [],
      held: [],
    })
    expect(asked).toHaveLength(1)
  })
})
