import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Client, ClientChannel } from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { clientKey } from './key-pair.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { createServerKey, readServerKey } from '../../../src/transport/ssh-server/server-key.js'
import { listenSsh } from '../../../src/transport/ssh-server/ssh-server.js'
import { needs } from '../../needs.js'
import { SshWorld } from './ssh-world.js'
import type { SshWorldOptions } from './ssh-world.js'

const worlds: SshWorld[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.dispose()
})

async function opened(options: SshWorldOptions = {}): Promise<SshWorld> {
  const world = await SshWorld.open(options)
  worlds.push(world)
  return world
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run([program = '', ...args]: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

const exec = (client: Client, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)))
  })

const serve = 'holdfast serve --stdio'

needs('ssh').describe('the embedded server, reached by OpenSSH', () => {
  it('serves whoever holds an authorized key, and says how it ended', async () => {
    const world = await opened({
      serve: async ({ link, address, key, signal }) => {
        for await (const chunk of link.receive) await link.send(chunk)
        return { exitCode: 7, words: `served ${key.comment} of ${address}, ${String(signal.aborted)}\n` }
      },
    })
    for (const how of [[serve], ['-s', 'holdfast']]) {
      const [last, ...first] = how.toReversed()
      const ssh = world.ssh(...first)
      expect(await run([...ssh, last!], 'hello')).toMatchObject({
        code: 7,
        stdout: 'hello',
        stderr: 'served ada@laptop of 127.0.0.1, false\n',
      })
    }
  })

  it('runs nothing and gives nothing else', async () => {
    const world = await opened()
    const mark = join(world.folder, 'mark')
    for (const args of [[`touch ${mark}`], [], ['-s', 'sftp']]) {
      const outcome = await run(
        [...world.ssh(), ...args.slice(-1)].toSpliced(-1, 0, ...args.slice(0, -1)),
        'x',
      )
      expect(outcome).toMatchObject({ code: 255, stdout: '' })
    }
    // The words are all that is looked at: what stands around them is not run either.
    expect(await run([...world.ssh(), `touch ${mark}; ${serve}`], 'echo')).toMatchObject({
      code: 0,
      stdout: 'echo',
    })
    expect(await run(['test', '-e', mark])).toMatchObject({ code: 1 })
    const forwarded = await run([...world.ssh('-o', 'ExitOnForwardFailure=yes', '-N', '-R', '0:127.0.0.1:9')])
    expect(forwarded).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('remote port forwarding failed'),
    })
    const through = await run([...world.ssh('-W', '127.0.0.1:9')])
    expect(through).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('administratively prohibited'),
    })
    const terminal = await run([...world.ssh('-tt'), serve], '')
    expect(terminal.stderr).toContain('PTY allocation request failed')
  })

  it('turns away a key that is not listed, and one whose restriction it does not know', async () => {
    const stranger = await opened({
      authorized: () => clientKey().public,
    })
    const restricted = await opened({ authorized: (key) => `from="10.1.2.3" ${key}` })
    for (const world of [stranger, restricted])
      expect(await run([...world.ssh(), serve])).toMatchObject({
        code: 255,
        stdout: '',
        stderr: expect.stringMatching(/Permission denied \(publickey\)/),
      })
  })

  it('takes RSA and ECDSA keys, RSA only with SHA-2', async () => {
    const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
    const ec = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 384 })
    const world = await opened({ authorized: () => `${rsa.public}\n${ec.public}\n` })
    for (const pair of [rsa, ec]) {
      writeFileSync(join(world.folder, 'key'), pair.private, { mode: 0o600 })
      expect(await run([...world.ssh(), serve], 'hi')).toMatchObject({ code: 0, stdout: 'hi' })
    }
    writeFileSync(join(world.folder, 'key'), rsa.private, { mode: 0o600 })
    const sha1 = await run([...world.ssh('-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'), serve])
    expect(sha1).toMatchObject({ code: 255, stdout: '' })
  })
})

describe('the embedded server', () => {
  it('logs nobody in without a signature of the key itself', async () => {
    const world = await opened()
    const other = ssh2.utils.parseKey(clientKey().private)
    const listed = ssh2.utils.parseKey(world.privateKey)
    if (other instanceof Error || listed instanceof Error) throw new Error('no key')
    // Shows the listed key and signs with another one; then with garbage of the right and of a wrong length.
    for (const sign of [(data: Buffer) => other.sign(data), () => Buffer.alloc(64), () => Buffer.alloc(3)]) {
      const agent = new ForgingAgent(world.publicKey, sign)
      await expect(world.connect({ privateKey: undefined as never, agent })).rejects.toThrow(
        'All configured authentication methods failed',
      )
    }
    await expect(world.connect({ privateKey: undefined as never, password: 'x' })).rejects.toThrow(
      'All configured authentication methods failed',
    )
    const honest = new ForgingAgent(world.publicKey, (data) => listed.sign(data))
    const client = await world.connect({ privateKey: undefined as never, agent: honest })
    client.end()
  })

  it('opens one channel at a time on a connection, and the next one after it', async () => {
    const world = await opened()
    const client = await world.connect()
    for (let turn = 0; turn < 3; turn += 1) {
      const channel = await exec(client, serve)
      await expect(exec(client, serve)).rejects.toThrow('Channel open failure')
      const closed = new Promise((resolve) => channel.once('close', resolve))
      channel.resume().end()
      expect(await closed).toBe(0)
    }
    client.end()
  })

  it('ends what is served when the client goes, and tells the client when the server ends', async () => {
    const gone: Promise<unknown>[] = []
    const world = await opened({
      serve: ({ signal }) => {
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        gone.push(aborted)
        return aborted.then(() => ({ exitCode: 130, words: 'over' }))
      },
    })
    const leaving = await world.connect()
    await exec(leaving, serve)
    leaving.destroy()
    const staying = await world.connect()
    const channel = await exec(staying, serve)
    const exit = new Promise((resolve) => channel.once('exit', resolve))
    channel.resume()
    await world.server.close()
    expect(await exit).toBe(130)
    await Promise.all(gone)
    expect(gone).toHaveLength(2)
  })

  it('says that an address is taken, or none of this machine', async () => {
    const world = await opened()
    const options = {
      host: '127.0.0.1',
      port: world.server.port,
      hostKey: readServerKey(createServerKey('x'))!,
      clock: systemClock,
      authorizedKeys: () => [],
      serve: () => Promise.reject(new Error('never')),
      note: () => undefined,
    }
    await expect(listenSsh(options)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', exitCode: 1 })
    await expect(listenSsh({ ...options, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

/** Offers a key and signs as it is told. */
class ForgingAgent extends ssh2.BaseAgent {
  readonly #key: ssh2.ParsedKey
  readonly #sign: (data: Buffer) => Buffer

  constructor(publicKey: string, sign: (data: Buffer) => Buffer) {
    super()
    const key = ssh2.utils.parseKey(publicKey)
    if (key instanceof Error) throw key
    this.#key = key
    this.#sign = sign
  }

  override getIdentities(callback: ssh2.IdentityCallback): void {
    callback(null, [this.#key])
  }

  override sign(_key: unknown, data: Buffer, options: unknown, callback?: ssh2.SignCallback): void {
    const done = (typeof options === 'function' ? options : callback) as (error: null, made: Buffer) => void
    done(null, this.#sign(data))
  }
}
