import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { startCommand } from '../../../src/platform/node-command.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { openExecLink } from '../../../src/transport/links/exec-link.js'
import type { StartedCommand } from '../../../src/transport/links/exec-link.js'
import { createMemoryLinks } from '../../../src/transport/links/memory-link.js'
import { StdioLink } from '../../../src/transport/links/stdio-link.js'
import { SeededRandom } from '../../fixtures-gen/random.js'
import { linkSuite } from '../../suites/link-suite.js'
import type { LinkWorld } from '../../suites/link-suite.js'

function memoryWorld(): Promise<LinkWorld> {
  const random = new SeededRandom(1)
  const links = createMemoryLinks({ clock: systemClock, random, pieceMaxBytes: 50_000, delayMaxMs: 2 })
  return Promise.resolve({ ...links, dispose: () => Promise.resolve() })
}

function pipesWorld(): Promise<LinkWorld> {
  const [there, back] = [new PassThrough(), new PassThrough()]
  return Promise.resolve({
    near: new StdioLink('far', back, there),
    far: new StdioLink('near', there, back),
    cut: () => {
      there.destroy()
      back.destroy()
    },
    dispose: () => Promise.resolve(),
  })
}

/** Waits on a socket of its own for the one who connects. */
async function listening(): Promise<{
  path: string
  accepted: Promise<Socket>
  dispose: () => Promise<void>
}> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-link-'))
  const path = join(folder, 's')
  const server = createServer({ allowHalfOpen: true })
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    accepted,
    dispose: async () => {
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function socketWorld(): Promise<LinkWorld> {
  const server = await listening()
  const client = connect({ path: server.path, allowHalfOpen: true })
  const accepted = await server.accepted
  return {
    near: new StdioLink('far', client, client),
    far: new StdioLink('near', accepted, accepted),
    cut: () => {
      client.destroy()
      accepted.destroy()
    },
    dispose: server.dispose,
  }
}

/** Joins its stdio to a socket: what `serve --stdio` does with the daemon's. */
const bridge = `const s = require('net').connect({ path: process.argv[1], allowHalfOpen: true })
process.stdin.pipe(s); s.pipe(process.stdout); s.on('error', () => process.exit(1))`

async function execWorld(): Promise<LinkWorld> {
  const server = await listening()
  let started: StartedCommand | undefined
  const near = openExecLink({
    command: `exec ${process.execPath} -e "${bridge}" ${server.path}`,
    clock: systemClock,
    start: (command) => {
      started = startCommand(command)
      return started
    },
  })
  const accepted = await server.accepted
  return {
    near,
    far: new StdioLink('near', accepted, accepted),
    cut: () => started?.kill(true),
    dispose: server.dispose,
  }
}

linkSuite('memory', memoryWorld)
linkSuite('two pipes', pipesWorld)
linkSuite('a local socket', socketWorld)
linkSuite('a command’s stdio', execWorld)

function run(command: string): ReturnType<typeof openExecLink> {
  return openExecLink({ command, start: startCommand, clock: systemClock })
}

async function failureOf(link: ReturnType<typeof openExecLink>): Promise<unknown> {
  try {
    for await (const chunk of link.receive) expect(chunk).toBeDefined()
    return undefined
  } catch (error) {
    return error
  } finally {
    await link.close(new Error('over'))
  }
}

describe('a link over a command', () => {
  it.each([
    [
      'echo first >&2; echo Permission denied. >&2; exit 255',
      'failed with exit code 255: Permission denied.',
    ],
    ['holdfast-that-is-not-there', 'failed with exit code 127: '],
    ['kill -9 $$', 'was ended by SIGKILL'],
  ])('%s: says how it failed, in its own last words', async (command, words) => {
    expect(await failureOf(run(command))).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining(`“${command}” ${words}`),
    })
  })

  it('says so too where the pipe breaks while something is sent', async () => {
    const link = run('exec 0<&-; sleep 0.1; echo no route to host >&2; exit 1')
    const failure = await (async () => {
      for (;;) await link.send(new Uint8Array(100_000))
    })().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining('no route to host'),
    })
    await link.close(new Error('over'))
  })

  it('keeps little of what a command says', async () => {
    const failure = await failureOf(run('yes noise | head -c 3000000 >&2; echo last >&2; exit 3'))
    expect(failure).toMatchObject({ message: expect.stringMatching(/exit code 3: last$/) })
  })

  it('ends a command that does not end by itself, also one that left a process behind', async () => {
    for (const command of ['trap "" TERM; while :; do sleep 0.2; done', 'sleep 5 & wait']) {
      const link = run(command)
      await link.close(new Error('enough'))
      await expect(link.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'INTERRUPTED' })
    }
  })

  it('takes a good end for an end', async () => {
    expect(await failureOf(run('cat < /dev/null'))).toBeUndefined()
  })
})
