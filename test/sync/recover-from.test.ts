import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { HostRow } from '../../src/daemon/operations/hosts.js'
import type { RecoverFromResult } from '../../src/daemon/operations/recover-from.js'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { SyncHome } from './home.js'
import { digests, lackingOf } from './live-daemon.js'

const homes: SyncHome[] = []

afterEach(async () => {
  for (const home of homes.splice(0)) await home.dispose()
})

/** `alder` gave all that it recorded to `birch`, and has lost everything since. */
async function wiped(): Promise<readonly [a: SyncHome, b: SyncHome, log: string]> {
  const [a, b] = [new SyncHome('alder'), new SyncHome('birch')]
  homes.push(a, b)
  a.generate('alder', 60_000, 4)
  await a.record()
  a.say('more')
  await a.record()
  await a.json(['peer', 'add', 'b', b.url])
  await a.json(['sync', 'b'])
  const { hosts } = await a.json<{ hosts: readonly HostRow[] }>(['host', 'list'])
  a.beginAnew()
  rmSync(a.userHome, { recursive: true })
  mkdirSync(a.userHome, { mode: 0o700 })
  return [a, b, hosts.find(({ own }) => own)!.logs[0]!.log]
}

const onDisk = (home: SyncHome): Map<string, Buffer> =>
  new Map([...home.files.keys()].map((path) => [path, readFileSync(join(home.userHome, path))]))

const recover = (home: SyncHome, ...args: string[]) =>
  home.json<RecoverFromResult>(['recover', '--from', 'b', ...args])

describe('a machine that lost everything', () => {
  it('gets its log and its files back from a peer, and goes on without a fork', async () => {
    const [a, b, log] = await wiped()
    const before = await b.replay(log)
    await a.json(['init'])
    await a.json(['peer', 'add', 'b', b.url])
    const preview = await recover(a, '-n').catch((error: unknown) => String(error))
    // What would come is not here yet: there is no former log to tell of.
    expect(preview).toContain('HOST_UNKNOWN')
    const result = await recover(a)
    expect(result).toMatchObject({
      from: { peer: 'b', host: 'alder', logs: [log] },
      unmended: [],
      held: [],
      newLog: expect.stringContaining('lost everything'),
    })
    expect(result.restored).toHaveLength(a.files.size)
    expect(digests(onDisk(a))).toEqual(digests(a.files))
    expect(await a.json(['verify'])).toMatchObject({ ok: true, problems: [] })

    const again = await recover(a)
    expect(again).toMatchObject({ from: { logs: [log] }, restored: [], unmended: [], held: [], newLog: null })
    a.say('after')
    await a.record()
    const synced = await a.json<SyncResultRow>(['sync'])
    expect(synced).toMatchObject({ forks: [], notes: [], peers: [{ error: null, missing: 0 }] })
    expect(digests(await b.replay(log))).toEqual(digests(before))
    expect(lackingOf(a, await b.replay('alder'))).toEqual([])
    expect(await b.json(['verify'])).toMatchObject({ ok: true, problems: [] })
  })

  it('replaces nothing that stands there: it is recorded, and told', async () => {
    const [a, b] = await wiped()
    const paths = [...a.files.keys()].filter((path) => path.endsWith('.jsonl')).toSorted()
    const [other, longer, shorter] = paths as [string, string, string]
    const put = (path: string, bytes: Uint8Array): void => {
      mkdirSync(dirname(join(a.userHome, path)), { recursive: true })
      writeFileSync(join(a.userHome, path), bytes)
    }
    const written = Buffer.from('{"written":"before anybody looked"}\n')
    const grown = Buffer.concat([a.files.get(longer)!, written])
    put(other, written)
    put(longer, grown)
    put(shorter, a.files.get(shorter)!.subarray(0, 100))
    await a.json(['daemon', 'start'])
    await a.json(['peer', 'add', 'b', b.url])
    const result = await a.json<RecoverFromResult>(['recover', '--from', 'b'], 4)
    expect(result.unmended).toEqual([])
    expect(result.held).toMatchObject([{ path: expect.stringMatching(/jsonl$/), reason: 'rewritten' }])
    expect(other.endsWith(result.held[0]!.path)).toBe(true)
    a.files.set(other, written)
    a.files.set(longer, grown)
    expect(digests(onDisk(a))).toEqual(digests(a.files))
    expect(await a.json(['verify'])).toMatchObject({ ok: true, problems: [] })
    expect(lackingOf(a, await a.replay('alder'))).toEqual([])
  })

  it('asks which log was its own where several are of its name, and takes the one that is named', async () => {
    const [a, b, log] = await wiped()
    const impostor = new SyncHome('alder')
    homes.push(impostor)
    impostor.generate('impostor', 20_000, 1)
    await impostor.record()
    await impostor.json(['peer', 'add', 'b', b.url])
    await impostor.json(['sync'])
    await a.json(['init'])
    await a.json(['peer', 'add', 'b', b.url])
    const asked = await a.run('recover', '--from', 'b', '--json')
    expect([asked.code, asked.stdout]).toEqual([2, expect.stringContaining(log.slice(0, 12))])
    expect((await recover(a, '--host', log.slice(0, 12))).from).toMatchObject({ logs: [log] })
    expect(digests(onDisk(a))).toEqual(digests(a.files))
  })
})
