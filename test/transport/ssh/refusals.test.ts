import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HoldfastError } from '../../../src/engine/core/errors.js'
import { needs } from '../../needs.js'
import { SshAgent } from './ssh-agent.js'
import { SshWorld, userName, type Sshd } from './sshd.js'
import { linkTo, outcomeOf } from './tools.js'

needs('sshd').describe('SSH against a real server', () => {
  let world: SshWorld
  let server: Sshd
  const greet = { holdfastPath: 'echo hello from over there;:' }
  const reached = { code: 'PROTOCOL', message: expect.stringContaining('printed “hello from over there”') }
  /** Tells hosts of one test from those of another. */
  let count = 0

  beforeAll(async () => {
    world = new SshWorld()
    server = await world.server()
    world.know(server.port, server.hostKey)
    // As many systems keep it: what `ssh-keygen` hides must be found.
    execFileSync('ssh-keygen', ['-H', '-f', world.knownHosts], { stdio: 'ignore' })
  })
  afterAll(() => world.dispose())

  /** Adds a host of its own to the client's config, and gives back its alias. */
  function host(port: number, ...lines: string[]): string {
    count += 1
    world.host(`far${count}`, port, ...lines)
    return `far${count}`
  }

  async function failure(
    alias: string,
    options: Parameters<typeof linkTo>[2] = greet,
  ): Promise<Pick<HoldfastError, 'code' | 'message' | 'next'>> {
    const outcome = await outcomeOf(linkTo(world, alias, options))
    if (typeof outcome === 'string') throw new Error(`it worked: ${outcome}`)
    return outcome as HoldfastError
  }

  it('reaches a known host, and says what its shell prints', async () => {
    expect(await failure(host(server.port))).toMatchObject(reached)
    expect(await failure(`${userName}@127.0.0.1:${server.port}`)).toMatchObject({ code: 'PEER_REFUSED' })
  })

  it('refuses an unknown host key, whatever the config says, and says how to accept it', async () => {
    const far = await world.server()
    const print = world.fingerprint(far.hostKey)
    const alias = host(far.port, 'StrictHostKeyChecking no')
    const refused = await failure(alias)
    expect(refused).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining(`not known here: ED25519 ${print}`),
      next: expect.stringContaining(
        `\`ssh ${alias}\` once, or \`holdfast peer add b 'ssh://${alias}' --accept-host-key ${print}\``,
      ),
    })
    const bySystem = await failure(alias, { ...greet, system: true })
    expect(bySystem).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining('not known here'),
    })
    expect(readFileSync(world.knownHosts, 'utf8')).not.toContain(world.publicKey(far.hostKey).split(' ')[1])
    const wrong = await failure(alias, { ...greet, accept: [world.fingerprint(server.hostKey)] })
    expect(wrong).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining('not the one that was to be'),
    })
    expect(await failure(alias, { ...greet, accept: [print] })).toMatchObject(reached)
  })

  it('refuses a changed host key loudly, with the place of the old one', async () => {
    const far = await world.server()
    world.know(far.port, server.hostKey)
    const lines = readFileSync(world.knownHosts, 'utf8').trim().split('\n').length
    const alias = host(far.port, 'StrictHostKeyChecking no')
    for (const system of [false, true]) {
      expect(
        await failure(alias, { ...greet, system, accept: [world.fingerprint(far.hostKey)] }),
      ).toMatchObject({
        code: 'PEER_REFUSED',
        message: expect.stringMatching(
          new RegExp(`HAS CHANGED: it shows .*SHA256:.*${world.knownHosts}:${lines}`),
        ),
      })
    }
  })

  it('refuses a revoked host key', async () => {
    const far = await world.server()
    world.know(far.port, far.hostKey)
    writeFileSync(world.knownHosts, `@revoked * ${world.publicKey(far.hostKey)}\n`, { flag: 'a' })
    const alias = host(far.port)
    for (const system of [false, true])
      expect(await failure(alias, { ...greet, system })).toMatchObject({
        code: 'PEER_REFUSED',
        message: expect.stringContaining('revoked'),
      })
  })

  it('asks a host with several keys for the one that is known', async () => {
    const [rsa, ed25519] = [world.key('both_rsa', 'rsa'), world.key('both_ed25519')]
    const far = await world.server({ hostKeys: [rsa, ed25519] })
    world.know(far.port, rsa)
    expect(await failure(host(far.port))).toMatchObject(reached)
  })

  it('says what was tried where no key is let in', async () => {
    const other = world.key('other')
    const alias = host(server.port, `IdentityFile ${other}`)
    expect(await failure(alias)).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining(`refused ${userName}: no agent is known here`),
      next: expect.stringContaining(`ssh-copy-id ${alias}`),
    })
    expect((await failure(alias)).message).toContain(`key files ${other}; it takes publickey`)
    expect(await failure(alias, { ...greet, system: true })).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining('Permission denied'),
    })
  })

  it('names the key that is encrypted, and takes it from an agent', async () => {
    const locked = world.key('locked', 'ed25519', 'secret')
    const far = await world.server({ authorized: [world.publicKey(locked)] })
    world.know(far.port, far.hostKey)
    const alias = host(far.port, `IdentityFile ${locked}`, 'IdentityAgent SSH_AUTH_SOCK')
    expect(await failure(alias)).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining(`${locked} is encrypted and no agent holds it`),
      next: expect.stringContaining(`ssh-add ${locked}`),
    })
    const agent = await SshAgent.start(world.path('agent'))
    try {
      const env = { SSH_AUTH_SOCK: agent.socketPath }
      expect((await failure(alias, { ...greet, env })).next).toBe(
        `Give the key to the agent: \`ssh-add ${locked}\`.`,
      )
      // More keys than a server lets anybody try: the one that the config names goes first, and alone.
      for (let i = 0; i < 7; i += 1) agent.add(world.key(`noise${i}`))
      agent.add(locked, 'secret')
      expect(await failure(alias, { ...greet, env })).toMatchObject(reached)
      const any = host(
        far.port,
        `IdentityFile ${world.path('none')}`,
        'IdentityAgent SSH_AUTH_SOCK',
        'IdentitiesOnly no',
      )
      expect(await failure(any, { ...greet, env })).toMatchObject({
        code: 'PEER_REFUSED',
        message: expect.stringContaining('Too many authentication failures'),
      })
    } finally {
      await agent.stop()
    }
    expect((await failure(alias, { ...greet, env: { SSH_AUTH_SOCK: agent.socketPath } })).message).toContain(
      `no agent answers at ${agent.socketPath}`,
    )
  })

  it('does not use a key that others may read', async () => {
    const open = world.key('open')
    chmodSync(open, 0o644)
    const far = await world.server({ authorized: [world.publicKey(open)] })
    world.know(far.port, far.hostKey)
    expect(await failure(host(far.port, `IdentityFile ${open}`))).toMatchObject({
      code: 'PEER_REFUSED',
      next: `Make the key private: \`chmod 600 ${open}\`.`,
    })
  })

  it('checks each jump, and says which one fails', async () => {
    const jump = await world.server()
    const alias = host(jump.port)
    const behind = host(server.port, `ProxyJump ${alias}`)
    for (const system of [false, true])
      expect((await failure(behind, { ...greet, system })).code).toBe('PEER_REFUSED')
    expect((await failure(behind)).message).toContain(`${alias} shows a host key that is not known here`)
    world.know(jump.port, jump.hostKey)
    for (const system of [false, true])
      expect(await failure(behind, { ...greet, system })).toMatchObject(reached)
    const nowhere = host(1, `ProxyJump ${alias}`)
    expect(await failure(nowhere)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining(`${alias}, through which it is reached, says:`),
    })
    expect(jump.log).toContain('Accepted publickey')
  })

  it('says why a host is not reached', async () => {
    const closed = host(1)
    expect(await failure(closed)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: `${closed} (127.0.0.1:1) is not reached: nothing listens there`,
    })
    expect((await failure(closed, { ...greet, system: true })).code).toBe('PEER_UNREACHABLE')
    const unknown = host(22, 'HostName no-such-host.invalid')
    expect((await failure(unknown)).code).toBe('PEER_UNREACHABLE')
  })

  it('says what ended over there', async () => {
    const alias = host(server.port)
    for (const system of [false, true]) {
      expect(await failure(alias, { system, holdfastPath: 'nothing-like-it' })).toMatchObject({
        code: 'PEER_UNREACHABLE',
        message: expect.stringContaining('no holdfast can be run there'),
        next: expect.stringContaining(`holdfast peer add b 'ssh://${alias}' --holdfast-path CMD`),
      })
      expect(
        await failure(alias, { system, holdfastPath: 'echo a; echo no room >&2; exit 3; :' }),
      ).toMatchObject({
        code: 'PEER_UNREACHABLE',
        message: `ssh://${alias}: the holdfast there failed with exit code 3: no room; before, it printed “a”`,
      })
      expect(await failure(alias, { system, holdfastPath: 'kill -9 $$;' })).toMatchObject({
        code: 'PEER_UNREACHABLE',
      })
    }
  })
})
