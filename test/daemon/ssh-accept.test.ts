import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findHome, type Home } from '../../src/daemon/home.js'
import { acceptHostKeys } from '../../src/daemon/ssh-accept.js'
import { keepHostKeys, ownKnownHosts } from '../../src/daemon/ssh-known-hosts.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { needs } from '../needs.js'
import { SshWorld } from '../transport/ssh/sshd.js'
import { machineOf } from '../transport/ssh/tools.js'
import { temporaryFolder } from './temporary-home.js'

let home: Home

beforeEach(() => {
  home = findHome({ HOLDFAST_HOME: join(temporaryFolder(), 'hf'), HOLDFAST_NAME: 'alder' })
})

const held = (): string => (existsSync(ownKnownHosts(home)) ? readFileSync(ownKnownHosts(home), 'utf8') : '')

describe('Holdfast’s own known hosts', () => {
  const key = (name: string, type: string, text: string) => {
    return { name, type, blob: Buffer.from(text), fingerprint: '' }
  }

  it('holds one key for each host and type, private to the user', () => {
    prepareHome(home)
    const file = ownKnownHosts(home)
    keepHostKeys(file, [])
    expect(existsSync(file)).toBe(false)
    keepHostKeys(file, [
      key('a', 'ssh-ed25519', 'one'),
      key('a', 'ssh-rsa', 'two'),
      key('ab', 'ssh-rsa', 'x'),
    ])
    keepHostKeys(file, [key('a', 'ssh-rsa', 'three')])
    expect(held()).toBe('a ssh-ed25519 b25l\nab ssh-rsa eA==\na ssh-rsa dGhyZWU=\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})

needs('sshd').describe('accepting a host key', () => {
  let world: SshWorld
  let count = 0

  beforeAll(() => {
    world = new SshWorld()
  })
  afterAll(() => world.dispose())

  async function far(...lines: string[]) {
    const server = await world.server()
    count += 1
    const alias = `far${count}`
    world.host(alias, server.port, ...lines)
    return { alias, server, print: world.fingerprint(server.hostKey) }
  }

  function accept(alias: string, ...prints: string[]) {
    const peer = { name: 'b', url: `ssh://${alias}` }
    return acceptHostKeys(home, peer, prints, new AbortController().signal, machineOf(world))
  }

  it('keeps the key that has the fingerprint, in Holdfast’s own file alone, and only once', async () => {
    const { alias, server, print } = await far()
    const [type, base64] = world.publicKey(server.hostKey).split(' ')
    expect(await accept(alias, print)).toEqual([{ host: `[127.0.0.1]:${server.port}`, fingerprint: print }])
    expect(held()).toBe(`[127.0.0.1]:${server.port} ${type} ${base64}\n`)
    expect(readFileSync(world.knownHosts, 'utf8')).toBe('')
    expect(await accept(alias, print)).toEqual([])
  })

  it('keeps nothing of a host that shows another', async () => {
    const { alias } = await far()
    const other = world.fingerprint(world.key(`other${count}`))
    await expect(accept(alias, other)).rejects.toMatchObject({ code: 'PEER_REFUSED' })
    expect(held()).toBe('')
  })

  it('replaces a key of its own file, and never one of the user’s', async () => {
    const { alias, server, print } = await far()
    const [type, base64] = world.publicKey(world.userKey).split(' ')
    const old = `[127.0.0.1]:${server.port} ${type} ${base64}\n`
    prepareHome(home)
    writeFileSync(ownKnownHosts(home), old)
    expect(await accept(alias, print)).toHaveLength(1)
    expect(held()).not.toContain(base64)
    writeFileSync(ownKnownHosts(home), '')
    writeFileSync(world.knownHosts, old)
    await expect(accept(alias, print)).rejects.toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining('HAS CHANGED'),
      next: expect.stringContaining(`ssh-keygen -R '[127.0.0.1]:${server.port}' -f '${world.knownHosts}'`),
    })
    expect([held(), readFileSync(world.knownHosts, 'utf8')]).toEqual(['', old])
    writeFileSync(world.knownHosts, '')
  })

  it('takes the keys of jumps, too, and keeps what was accepted before a failure', async () => {
    const jump = await far()
    const behind = await far(`ProxyJump ${jump.alias}`)
    await expect(accept(behind.alias, jump.print)).rejects.toMatchObject({ code: 'PEER_REFUSED' })
    expect(held()).toContain(`[127.0.0.1]:${jump.server.port} `)
    expect(await accept(behind.alias, behind.print)).toMatchObject([{ fingerprint: behind.print }])
  })

  it('is for SSH hosts and fingerprints', async () => {
    const { signal } = new AbortController()
    const exec = acceptHostKeys(home, { name: 'b', url: 'exec:true' }, [`SHA256:${'A'.repeat(43)}`], signal)
    await expect(exec).rejects.toMatchObject({ code: 'USAGE' })
    for (const print of ['SHA256:short', 'MD5:00', 'yes']) {
      await expect(accept('far1', print)).rejects.toMatchObject({ code: 'USAGE' })
    }
  })
})
