import { existsSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connectControl } from '../../src/daemon/control-client.js'
import type { ControlConnection } from '../../src/daemon/control-client.js'
import { createControlServer } from '../../src/daemon/control-server.js'
import type { ControlServer } from '../../src/daemon/control-server.js'
import type { OperationIo, Operations, Progress } from '../../src/daemon/operation.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { FrameDecoder } from '../../src/transport/frames.js'
import { temporaryFolder } from './temporary-home.js'

interface World {
  readonly aborted: string[]
  readonly sent: number[]
}

const untilAborted = (io: OperationIo): Promise<never> =>
  new Promise((_, reject) => io.signal.addEventListener('abort', () => reject(io.signal.reason as Error)))

const operations: Operations<World> = {
  double: async (_world, args: { readonly n: number }, io) => {
    io.progress({ phase: 'doubling', done: 1, total: 2, unit: 'events' })
    return { n: args.n * 2 }
  },
  missing: () => {
    throw new HoldfastError('SESSION_UNKNOWN', 'no session x', { next: 'look elsewhere' })
  },
  fault: async () => Promise.reject(new TypeError('x is undefined')),
  huge: async () => 'x'.repeat(17 * 1024 * 1024),
  nothing: async () => undefined,
  wait: async (world, args: { readonly id: string }, io) => {
    io.progress({ phase: 'waiting', done: 0, total: null, unit: 'files' })
    return untilAborted(io).catch((error: unknown) => {
      world.aborted.push(args.id)
      throw error
    })
  },
  stream: async (world, args: { readonly chunks: number; readonly size: number }, io) => {
    for (let i = 0; i < args.chunks; i++) {
      await io.bytes(Buffer.alloc(args.size, i))
      world.sent.push(i)
    }
    return { chunks: args.chunks }
  },
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

async function serve(options: { connectionsMax?: number; faults?: string[] } = {}) {
  const world: World = { aborted: [], sent: [] }
  const socketPath = join(temporaryFolder(), 's')
  const server: ControlServer = await createControlServer({
    socketPath,
    operations,
    runtime: world,
    version: '1.2.3',
    sinceMs: 5,
    onFault: (operation) => options.faults?.push(operation),
    ...(options.connectionsMax === undefined ? {} : { connectionsMax: options.connectionsMax }),
  })
  open.push(server)
  return { world, socketPath, server }
}

async function connected(path: string): Promise<ControlConnection> {
  const connection = await connectControl(path)
  if (connection === undefined) throw new Error('nobody listens')
  return connection
}

function listeningIo(overrides: Partial<OperationIo> = {}): OperationIo & { readonly seen: Progress[] } {
  const seen: Progress[] = []
  return {
    seen,
    progress: (progress) => void seen.push(progress),
    bytes: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...overrides,
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Sends raw bytes and resolves with all that came back when the server closed. */
function raw(path: string, bytes: Uint8Array): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const decoder = new FrameDecoder()
    const values: unknown[] = []
    const socket = createConnection(path, () => socket.write(bytes))
    socket.on('data', (chunk) => {
      for (const frame of decoder.push(chunk)) if (frame.type === 'json') values.push(frame.value)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(values))
  })
}

describe('control server', () => {
  it('is private, says who it is, and answers a call with progress and result', async () => {
    const { socketPath } = await serve()
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    const connection = await connected(socketPath)
    expect(connection.hello).toEqual({ protocol: 1, version: '1.2.3', pid: process.pid, sinceMs: 5 })
    const io = listeningIo()
    expect(await connection.call('double', { n: 21 }, io)).toEqual({ n: 42 })
    expect(io.seen).toEqual([{ phase: 'doubling', done: 1, total: 2, unit: 'events' }])
  })

  it('does not change the rights of files that others of this process create', async () => {
    const before = process.umask()
    await serve()
    expect(process.umask()).toBe(before)
  })

  it('carries errors over with code, message, next step and exit code', async () => {
    const faults: string[] = []
    const { socketPath } = await serve({ faults })
    const expected = { code: 'SESSION_UNKNOWN', message: 'no session x', next: 'look elsewhere', exitCode: 3 }
    await expect((await connected(socketPath)).call('missing', null, listeningIo())).rejects.toMatchObject(
      expected,
    )
    expect(faults).toEqual([])
    const fault = { code: 'INTERNAL', message: 'x is undefined', exitCode: 1 }
    await expect((await connected(socketPath)).call('fault', null, listeningIo())).rejects.toMatchObject(
      fault,
    )
    expect(faults).toEqual(['fault'])
  })

  it('answers an operation it does not have, a name of Object’s own, and a result that is too large', async () => {
    const { socketPath } = await serve()
    for (const name of ['nope', 'constructor', '__proto__', 'huge'])
      await expect((await connected(socketPath)).call(name, null, listeningIo())).rejects.toMatchObject({
        code: 'PROTOCOL',
      })
    expect(await (await connected(socketPath)).call('nothing', null, listeningIo())).toBeNull()
  })

  it('sends bytes in order, no faster than they are taken', async () => {
    const { world, socketPath } = await serve()
    const received: Uint8Array[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const [chunks, size] = [200, 50_000]
    const io = listeningIo({
      bytes: async (chunk) => {
        received.push(Uint8Array.from(chunk))
        await held
      },
    })
    const result = (await connected(socketPath)).call('stream', { chunks, size }, io)
    await until(() => received.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(received).toHaveLength(1)
    expect(world.sent.length).toBeLessThan(chunks / 2)
    release()
    expect(await result).toEqual({ chunks })
    const expected = Buffer.concat(Array.from({ length: chunks }, (_, i) => Buffer.alloc(size, i)))
    expect(Buffer.concat(received).equals(expected)).toBe(true)
  })

  it('cancels the operation when the caller says so', async () => {
    const { world, socketPath } = await serve()
    const abort = new AbortController()
    const io = listeningIo({ signal: abort.signal, progress: () => abort.abort() })
    await expect((await connected(socketPath)).call('wait', { id: 'a' }, io)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exitCode: 130,
    })
    expect(world.aborted).toEqual(['a'])
  })

  it('cancels when the caller vanishes, and goes on serving', async () => {
    const { world, socketPath } = await serve()
    const waiting = await connected(socketPath)
    const gone = waiting.call('wait', { id: 'b' }, listeningIo({ progress: () => waiting.close() }))
    await expect(gone).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' })
    const streaming = await connected(socketPath)
    const cut = streaming.call(
      'stream',
      { chunks: 1000, size: 100_000 },
      listeningIo({ bytes: () => Promise.resolve(streaming.close()) }),
    )
    await expect(cut).rejects.toThrow(HoldfastError)
    await until(() => world.aborted.includes('b'))
    expect(await (await connected(socketPath)).call('double', { n: 1 }, listeningIo())).toEqual({ n: 2 })
  })

  it('answers garbage with one error and closes', async () => {
    const { socketPath } = await serve()
    const bytesFrame = Buffer.from([0, 0, 0, 1, 2, 7])
    const noCall = Buffer.concat([Buffer.from([0, 0, 0, 2, 1]), Buffer.from('{}')])
    for (const garbage of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), bytesFrame, noCall]) {
      const [hello, answer, ...rest] = await raw(socketPath, garbage)
      expect(hello).toHaveProperty('hello')
      expect(answer).toMatchObject({ error: { code: 'PROTOCOL' } })
      expect(rest).toEqual([])
    }
    expect(await (await connected(socketPath)).call('double', { n: 1 }, listeningIo())).toEqual({ n: 2 })
  })

  it('serves a bounded number of callers, and another when one has left', async () => {
    const { socketPath, world } = await serve({ connectionsMax: 2 })
    const [one, two] = [await connected(socketPath), await connected(socketPath)]
    const waiting = one.call('wait', { id: 'a' }, listeningIo()).catch(() => undefined)
    await expect(connectControl(socketPath)).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' })
    one.close()
    await waiting
    await until(() => world.aborted.includes('a'))
    expect(await (await connected(socketPath)).call('double', { n: 4 }, listeningIo())).toEqual({ n: 8 })
    two.close()
  })

  it('ends running calls in order when it closes, and takes its socket away', async () => {
    const { socketPath, server } = await serve()
    const idle = await connected(socketPath)
    const call = (await connected(socketPath)).call(
      'wait',
      { id: 'c' },
      listeningIo({ progress: () => void server.close() }),
    )
    await expect(call).rejects.toMatchObject({ code: 'INTERRUPTED', message: 'the daemon stops' })
    await server.close()
    expect(existsSync(socketPath)).toBe(false)
    idle.close()
  })

  it('is absent where no socket is, or a dead one', async () => {
    const path = join(temporaryFolder(), 's')
    expect(await connectControl(path)).toBeUndefined()
  })
})
