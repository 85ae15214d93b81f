import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, ClientChannel } from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { clientKey } from './key-pair.js'
import { SshWorld } from './ssh-world.js'
import type { SshWorldOptions } from './ssh-world.js'

const worlds: SshWorld[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const world of worlds.splice(0)) await world.dispose()
})

async function opened(options: SshWorldOptions = {}): Promise<SshWorld> {
  const world = await SshWorld.open(options)
  worlds.push(world)
  return world
}

/** A connection that speaks for itself; resolves `closed` when the server hung up. */
function raw(world: SshWorld): { socket: Socket; closed: Promise<void> } {
  const socket = connect(world.server.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  return { socket, closed }
}

const exec = (client: Client, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)))
  })

/** That an honest client is served at this moment. */
async function served(world: SshWorld): Promise<void> {
  const client = await world.connect()
  const channel = await exec(client, 'holdfast serve --stdio')
  const answer = new Promise<string>((resolve) => {
    channel.once('data', (chunk: Buffer) => resolve(chunk.toString()))
  })
  channel.write('still there?')
  expect(await answer).toBe('still there?')
  client.end()
  await new Promise((resolve) => client.once('close', () => resolve(undefined)))
}

describe('a hostile client', () => {
  it('that never logs in is cut off in time, before or after it said who it is', async () => {
    const world = await opened({ limits: { loginWithinMs: 150 } })
    const [silent, halfway] = [raw(world), raw(world)]
    halfway.socket.write('SSH-2.0-half\r\n')
    await Promise.all([silent.closed, halfway.closed])
    expect(world.server.connections).toBe(0)
    await served(world)
  })

  it('that opens connections without end keeps nobody out', async () => {
    const world = await opened({ limits: { strangersMax: 4 } })
    const many = Array.from({ length: 40 }, () => raw(world))
    await Promise.race(many.map(({ closed }) => closed))
    await served(world)
    expect(world.server.connections).toBeLessThanOrEqual(5)
  })

  it('that tries key after key is hung up on', async () => {
    const world = await opened({ limits: { loginTriesMax: 5 } })
    let tries = 0
    const attempt = world.connect({
      privateKey: undefined as never,
      authHandler: (_left: unknown, _partial: unknown, next: (method: object) => void) => {
        tries += 1
        const key = clientKey().private
        next({ type: 'publickey', username: 'x', key })
      },
    } as never)
    await expect(attempt).rejects.toThrow()
    expect(tries).toBeLessThanOrEqual(7)
    await served(world)
  })

  it.each([
    ['no SSH at all', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a line without end', 'x'.repeat(200_000)],
    ['an absurd packet length', `SSH-2.0-x\r\n${'\xff'.repeat(64)}`],
    ['noise', `SSH-2.0-x\r\n${'\0\0\0\x0c\x0a\x14'.repeat(20_000)}`],
  ])('that sends %s is hung up on', async (_what, bytes) => {
    const world = await opened({ limits: { loginWithinMs: 3000 } })
    const { socket, closed } = raw(world)
    socket.write(Buffer.from(bytes, 'latin1'))
    await closed
    await served(world)
  })

  it('that opens channels without end gets one', async () => {
    const world = await opened({ limits: { sessionsMax: 50 } })
    const client = await world.connect()
    const closed = new Promise((resolve) => client.once('close', () => resolve(undefined)))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => exec(client, 'holdfast serve --stdio')),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    client.destroy()
    await closed
    await served(world)
  })

  it('that logs in and asks for nothing is hung up on', async () => {
    const world = await opened({ limits: { idleMs: 150 } })
    const client = await world.connect()
    await new Promise((resolve) => client.once('close', () => resolve(undefined)))
    await served(world)
  })

  it('that takes nothing is not served into memory, and can’t hold up the end', async () => {
    let accepted = 0
    let begin = (): void => undefined
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const world = await opened({
      limits: { closeMs: 200 },
      serve: async ({ link, signal }) => {
        const piece = new Uint8Array(64 * 1024)
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        while (!signal.aborted && accepted < 200_000_000) {
          await Promise.race([link.send(piece), aborted])
          accepted += piece.length
          begin()
        }
        return { exitCode: 1, words: 'enough' }
      },
    })
    const client = await world.connect()
    const channel = await exec(client, 'holdfast serve --stdio')
    channel.pause()
    await begun
    let before = -1
    while (before !== accepted) {
      before = accepted
      await sleep(100)
    }
    expect(accepted).toBeLessThan(8_000_000)
    await world.server.close()
    expect(world.server.connections).toBe(0)
  })

  it('that stops reading its connection is cut off at the end, too', async () => {
    const world = await opened({ limits: { closeMs: 200, loginWithinMs: 200 } })
    const { socket } = raw(world)
    socket.pause()
    socket.write('SSH-2.0-deaf\r\n')
    while (world.server.connections === 0) await sleep(5)
    while (world.server.connections > 0) await sleep(20)
    await served(world)
  })
})
