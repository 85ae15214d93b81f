import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { needs } from '../needs.js'
import { SyncHome } from '../sync/home.js'
import { SshWorld, type Sshd } from '../transport/ssh/sshd.js'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

needs('sshd').describe('two hosts with a real SSH server between them', () => {
  let world: SshWorld
  let server: Sshd
  let [a, b] = [] as unknown as [SyncHome, SyncHome]
  const path = process.env['PATH']

  beforeAll(async () => {
    world = new SshWorld()
    // Every process that the homes start gets it: their `ssh` has the config of this world.
    process.env['PATH'] = world.env['PATH']
    ;[a, b] = [new SyncHome('alder'), new SyncHome('birch')]
    const env = `SetEnv HOME=${b.userHome} HOLDFAST_HOME=${b.holdfastHome} HOLDFAST_NAME=birch`
    server = await world.server({ config: [env] })
    world.host('birch', server.port)
    a.generate('alder', 3_000_000, 8)
    b.generate('birch', 100_000, 4)
    await Promise.all([a.record(), b.record()])
  })
  afterAll(async () => {
    process.env['PATH'] = path
    await Promise.all([a.dispose(), b.dispose()])
    await world.dispose()
  })

  it('meet, exchange and agree, once the host key is accepted', async () => {
    const add = ['peer', 'add', 'b', 'ssh://birch', '--holdfast-path', `'${process.execPath}' '${bin}'`]
    const print = world.fingerprint(server.hostKey)
    const refused = await a.run(...add)
    expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining(`--accept-host-key ${print}`)])
    expect(await a.json([...add, '--accept-host-key', print])).toMatchObject({ name: 'b', reached: true })
    // A connection that goes away, at whatever moment it does, loses nothing.
    const before = server.sessions
    const cut = a.run('sync', 'b')
    while (server.sessions === before) await new Promise((resolve) => setTimeout(resolve, 5))
    server.cut()
    expect([0, 6]).toContain((await cut).code)
    const { peers } = await a.json<SyncResultRow>(['sync', 'b'])
    expect(peers).toMatchObject([{ name: 'b', error: null }])
    expect(await a.json(['verify', 'b'])).toMatchObject({ ok: true })
  })
})
