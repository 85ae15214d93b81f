import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connectControl } from '../../src/daemon/control-client.js'
import { createControlServer } from '../../src/daemon/control-server.js'
import { IoLink } from '../../src/daemon/io-link.js'
import type { OperationIo, Operations } from '../../src/daemon/operation.js'
import { keptIo } from './recorded-home.js'
import { temporaryFolder } from './temporary-home.js'

interface World {
  taken: number
  failure: unknown
  /** Resolves when the operation may read on. */
  gate: Promise<void>
}

const operations: Operations<World> = {
  echo: async (_world, _args, io: OperationIo) => {
    let bytes = 0
    for await (const chunk of io.input ?? []) {
      bytes += chunk.length
      await io.bytes(chunk)
    }
    return bytes
  },
  count: async (world, _args, io: OperationIo) => {
    await world.gate
    try {
      for await (const chunk of io.input ?? []) world.taken += chunk.length
    } catch (error) {
      world.failure = error
    }
    return world.taken
  },
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

async function connected(world: Partial<World> = {}) {
  const runtime: World = { taken: 0, failure: null, gate: Promise.resolve(), ...world }
  const socketPath = join(temporaryFolder(), 's')
  open.push(await createControlServer({ socketPath, operations, runtime, version: '1', sinceMs: 0 }))
  const connection = (await connectControl(socketPath))!
  open.push({ close: () => Promise.resolve(connection.close()) })
  return { runtime, connection }
}

async function* chunks(count: number, size: number, sent: { count: number }): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    sent.count = i + 1
    yield Buffer.alloc(size, i)
    await Promise.resolve()
  }
}

describe('input of an operation in the daemon', () => {
  it('arrives whole and in order, while output goes the other way', async () => {
    const { connection } = await connected()
    const io = { ...keptIo(), input: chunks(40, 300_000, { count: 0 }) }
    expect(await connection.call('echo', {}, io)).toBe(12_000_000)
    const echoed = Buffer.concat(io.written)
    expect(Array.from({ length: 40 }, (_, i) => echoed[i * 300_000 + 150_000])).toEqual([...Array(40).keys()])
  })

  it('is held back while nobody reads it', async () => {
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const { connection } = await connected({ gate })
    const sent = { count: 0 }
    const counted = connection.call('count', {}, { ...keptIo(), input: chunks(1000, 100_000, sent) })
    let before = -1
    while (before !== sent.count || sent.count < 2) {
      before = sent.count
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(sent.count).toBeLessThan(200)
    release()
    expect(await counted).toBe(100_000_000)
  })

  it('fails where the caller goes away in between', async () => {
    const { connection, runtime } = await connected()
    const never = (async function* () {
      yield Buffer.from('some')
      await new Promise(() => undefined)
    })()
    const call = connection.call('count', {}, { ...keptIo(), input: never })
    while (runtime.taken === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    connection.close()
    await expect(call).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' })
    while (runtime.failure === null) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(runtime.failure).toMatchObject({ code: 'INTERRUPTED' })
  })
})

describe('a link to the caller', () => {
  it('gives what comes, sends what goes, and ends at once when it is closed', async () => {
    const sent: Uint8Array[] = []
    const input = chunks(3, 4, { count: 0 })
    const link = new IoLink({ ...keptIo(), input, bytes: async (chunk) => void sent.push(chunk) }, 'x')
    const got: number[] = []
    for await (const chunk of link.receive) got.push(chunk[0]!)
    expect(got).toEqual([0, 1, 2])
    await link.send(Buffer.from('out'))
    expect(Buffer.concat(sent).toString()).toBe('out')
    await link.close()
    await expect(link.send(Buffer.from('more'))).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })

  it('reads a sender to its end when it is closed first, and waits for no one where there is a reason', async () => {
    const sent = { count: 0 }
    const draining = new IoLink({ ...keptIo(), input: chunks(50, 4, sent) }, 'x')
    await draining.close()
    expect(sent.count).toBe(50)
    const never = (async function* () {
      await new Promise(() => undefined)
      yield Buffer.alloc(0)
    })()
    const link = new IoLink({ ...keptIo(), input: never }, 'x')
    const received = (async () => {
      for await (const _ of link.receive);
    })()
    const closing = link.close()
    await link.close(new Error('a reason'))
    await closing
    await received
  })

  it('is broken where the far end is', async () => {
    const broken = (async function* () {
      yield Buffer.from('a')
      throw new Error('gone')
    })()
    const failing: OperationIo = {
      ...keptIo(),
      input: broken,
      bytes: () => Promise.reject(new Error('EPIPE')),
    }
    const link = new IoLink(failing, 'x')
    const read = async (): Promise<void> => {
      for await (const _ of link.receive);
    }
    await expect(read()).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(link.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await link.close()
  })
})
