import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HoldfastError } from '../../../src/engine/core/errors.js'
import type { StartCommand } from '../../../src/transport/links/exec-link.js'
import { needs } from '../../needs.js'
import { SshWorld, userName } from './sshd.js'
import { linkTo, outcomeOf, startIn } from './tools.js'

needs('sshd').describe('the system’s ssh takes over', () => {
  let world: SshWorld
  const reached = { code: 'PROTOCOL', message: expect.stringContaining('printed “hello from over there”') }

  beforeAll(() => {
    world = new SshWorld()
  })
  afterAll(() => world.dispose())

  /** What came of it, and how often the system's `ssh` was started for it. */
  async function greet(alias: string): Promise<{ outcome: string | Error; started: number }> {
    let started = 0
    const start: StartCommand = (command) => {
      started += 1
      return startIn(world.env)(command)
    }
    const link = linkTo(world, alias, { holdfastPath: 'echo hello from over there;:', start })
    return { outcome: await outcomeOf(link), started }
  }

  it('for a ProxyCommand', async () => {
    const server = await world.server()
    world.know(server.port, server.hostKey)
    const script = world.path('connect.cjs')
    const connect = `require('net').connect(${server.port}, '127.0.0.1')`
    writeFileSync(script, `const s = ${connect}; process.stdin.pipe(s).pipe(process.stdout)`)
    world.host('command', server.port, `ProxyCommand ${process.execPath} ${script}`)
    expect(await greet('command')).toMatchObject({ outcome: reached, started: 1 })
    // A jump may be one that only the system's ssh reaches.
    world.host('behind', server.port, 'ProxyJump command')
    expect(await greet('behind')).toMatchObject({ outcome: reached, started: 1 })
  })

  it('for a host that only speaks what the library lacks', async () => {
    const server = await world.server({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] })
    world.know(server.port, server.hostKey)
    world.host('quantum', server.port)
    expect(await greet('quantum')).toMatchObject({ outcome: reached, started: 1 })
    world.host('config', server.port, 'KexAlgorithms sntrup761x25519-sha512@openssh.com')
    expect(await greet('config')).toMatchObject({ outcome: reached, started: 1 })
  })

  it('for a host that shows a certificate', async () => {
    const [authority, hostKey] = [world.key('host_ca'), world.key('certified')]
    const more = ['-q', '-s', authority, '-I', 'host', '-h', '-n', '127.0.0.1', `${hostKey}.pub`]
    execFileSync('ssh-keygen', more)
    const server = await world.server({
      hostKeys: [hostKey],
      config: [`HostCertificate ${hostKey}-cert.pub`],
    })
    const [type, base64] = world.publicKey(authority).split(' ')
    const line = `@cert-authority [127.0.0.1]:${server.port} ${type} ${base64}\n`
    writeFileSync(world.knownHosts, line, { flag: 'a' })
    world.host('certified', server.port)
    expect(await greet('certified')).toMatchObject({ outcome: reached, started: 1 })
  })

  it('for a user with a certificate', async () => {
    const [authority, user] = [world.key('user_ca'), world.key('signed')]
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'user', '-n', userName, `${user}.pub`])
    const server = await world.server({ authorized: [], config: [`TrustedUserCAKeys ${authority}.pub`] })
    world.know(server.port, server.hostKey)
    world.host('signed', server.port, `IdentityFile ${user}`)
    expect(await greet('signed')).toMatchObject({ outcome: reached, started: 1 })
  })

  it('for a hardware key, once no other key is let in', async () => {
    const server = await world.server({ authorized: [] })
    world.know(server.port, server.hostKey)
    const path = world.path('id_hardware')
    const blob = Buffer.concat([word('sk-ssh-ed25519@openssh.com'), word('x'.repeat(32)), word('ssh:')])
    writeFileSync(`${path}.pub`, `sk-ssh-ed25519@openssh.com ${blob.toString('base64')} me\n`)
    copyFileSync(world.userKey, path)
    chmodSync(path, 0o600)
    world.host('hardware', server.port, `IdentityFile ${path}`)
    expect(await greet('hardware')).toMatchObject({ outcome: { code: 'PEER_REFUSED' }, started: 1 })
  })

  it('for nothing else', async () => {
    const server = await world.server()
    world.host('plain', server.port)
    expect(await greet('plain')).toMatchObject({ outcome: { code: 'PEER_REFUSED' }, started: 0 })
    world.know(server.port, server.hostKey)
    expect(await greet('plain')).toMatchObject({ outcome: reached, started: 0 })
  })

  it('nowhere else where none is installed: that is said', async () => {
    const server = await world.server({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] })
    const env = { PATH: world.path('nowhere') }
    const alias = `${userName}@127.0.0.1:${server.port}`
    for (const system of [false, true]) {
      const error = (await outcomeOf(linkTo(world, alias, { env, system }))) as HoldfastError
      expect(error.code).toBe('PEER_UNREACHABLE')
      expect(error.message).toContain(system ? 'none is installed here' : 'no ssh is installed here')
    }
  })
})

function word(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, Buffer.from(text)])
}
