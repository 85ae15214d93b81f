import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { StdioLink } from '../../../src/transport/links/stdio-link.js'
import type { StartCommand, StartedCommand } from '../../../src/transport/links/exec-link.js'
import { needs } from '../../needs.js'
import { linkSuite, type LinkWorld } from '../../suites/link-suite.js'
import { SshWorld, type Sshd } from './sshd.js'
import { outcomeOf, rawLinkTo, startIn } from './tools.js'

/** Joins its stdio to a socket: what `serve --stdio` does with the daemon's. */
const bridge = `const s = require('net').connect({ path: process.argv[1], allowHalfOpen: true })
process.stdin.pipe(s); s.pipe(process.stdout); s.on('error', () => process.exit(1))`

needs('sshd').describe('over a real server,', () => {
  let world: SshWorld
  let jump: Sshd
  let server: Sshd
  let opened = 0

  beforeAll(async () => {
    world = new SshWorld()
    jump = await world.server()
    server = await world.server()
    for (const { port, hostKey } of [jump, server]) world.know(port, hostKey)
    world.host('near', server.port)
    world.host('jump', jump.port)
    world.host('behind', server.port, 'ProxyJump jump')
  })
  afterAll(() => world.dispose())

  async function open(alias: string, start?: StartCommand): Promise<LinkWorld> {
    opened += 1
    const path = world.path(`s${opened}`)
    const listener = createServer({ allowHalfOpen: true })
    const accepted = new Promise<Socket>((resolve) => listener.once('connection', resolve))
    await new Promise<void>((resolve) => listener.listen(path, resolve))
    const near = rawLinkTo(world, alias, `exec ${process.execPath} -e "${bridge}" ${path}`, start)
    const socket = await accepted
    return {
      near,
      far: new StdioLink('near', socket, socket),
      cut: () => server.cut(),
      dispose: async () => {
        await new Promise((resolve) => listener.close(resolve))
      },
    }
  }

  linkSuite('SSH by the library', () => open('near'))
  linkSuite('SSH through a jump', () => open('behind'))

  it('tells a connection that broke from one that ended', async () => {
    for (const start of [undefined, startIn(world.env)]) {
      const ended = rawLinkTo(world, 'near', 'echo all', start)
      expect(await outcomeOf(ended)).toBe('all\n')
      const broken = rawLinkTo(world, 'near', 'echo some; sleep 60', start)
      const chunks = broken.receive[Symbol.asyncIterator]()
      expect((await chunks.next()).value?.toString()).toBe('some\n')
      server.cut()
      await expect(chunks.next()).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
      await expect(broken.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
      await broken.close(new Error('over'))
    }
  })

  // What the system's `ssh` and its server hold between them is theirs: 2 MiB and more. Here a stand-in runs the command.
  linkSuite('a stand-in for the system’s ssh', () => {
    world.standIn()
    let started: StartedCommand | undefined
    const opening = open('near', (command) => {
      started = startIn(world.env)(command)
      return started
    })
    return opening.then((links) => ({ ...links, cut: () => started?.kill(true) }))
  })
})

needs('sshd').it('carries bytes both ways by the system’s ssh, also through a jump', async () => {
  const world = new SshWorld()
  try {
    const jump = await world.server()
    const server = await world.server()
    for (const { port, hostKey } of [jump, server]) world.know(port, hostKey)
    world.host('jump', jump.port)
    world.host('behind', server.port, 'ProxyJump jump')
    const link = rawLinkTo(world, 'behind', 'cat', startIn(world.env))
    const sent = Buffer.alloc(3_000_000, 'some bytes ')
    const sending = link.send(sent)
    const chunks: Uint8Array[] = []
    for await (const chunk of link.receive) {
      chunks.push(chunk)
      if (chunks.reduce((sum, { length }) => sum + length, 0) === sent.length) break
    }
    await sending
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
    await link.close()
  } finally {
    await world.dispose()
  }
})
