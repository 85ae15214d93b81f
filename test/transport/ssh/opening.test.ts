import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../../src/engine/core/errors.js'
import type { Link } from '../../../src/engine/ports/link.js'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { createMemoryLinks } from '../../../src/transport/links/memory-link.js'
import { OpeningLink } from '../../../src/transport/ssh/opening-link.js'
import { QuietStart } from '../../../src/transport/ssh/quiet-start.js'
import { frameHeader } from '../../../src/transport/sync/frame.js'
import { SeededRandom } from '../../fixtures-gen/random.js'
import { linkSuite } from '../../suites/link-suite.js'

const hasher = await createHasher()
const memory = (pieceMaxBytes = 50_000) =>
  createMemoryLinks({ clock: systemClock, random: new SeededRandom(1), pieceMaxBytes })

linkSuite('a link that opens late', () => {
  const links = memory()
  const link = new OpeningLink('late', async () => {
    await systemClock.sleep(2)
    return links.near
  })
  return Promise.resolve({
    near: link,
    far: links.far,
    cut: () => links.cut(),
    dispose: () => Promise.resolve(),
  })
})

describe('a link that is still being opened', () => {
  it('gives what kept it from being opened to whoever sends or reads', async () => {
    const refused = new HoldfastError('PEER_REFUSED', 'no')
    const link = new OpeningLink('x', () => Promise.reject(refused))
    await expect(link.send(new Uint8Array(1))).rejects.toBe(refused)
    await expect(link.receive[Symbol.asyncIterator]().next()).rejects.toBe(refused)
    await link.close()
  })

  it('is given up where it is closed with a reason, and ends its reader', async () => {
    const link = new OpeningLink('x', (signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new HoldfastError('INTERRUPTED', 'given up')))
      })
    })
    const reading = link.receive[Symbol.asyncIterator]().next()
    const sending = expect(link.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const closing = link.close()
    await link.close(new Error('enough'))
    await closing
    await sending
    expect(await reading).toMatchObject({ done: true })
  })
})

describe('a link whose opening takes no notice', () => {
  it('ends its reader at once when it is closed, and waits for nobody where there is a reason', async () => {
    let late: (link: Link) => void = () => undefined
    const link = new OpeningLink('x', () => new Promise((resolve) => (late = resolve)))
    const reading = link.receive[Symbol.asyncIterator]().next()
    const closing = link.close()
    expect(await reading).toMatchObject({ done: true })
    await link.close(new Error('enough'))
    await closing
    // What opens after all is closed.
    const { near, far } = memory()
    late(near)
    await expect(far.receive[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    })
  })
})

describe('a far end that says something before the protocol begins', () => {
  async function read(said: Uint8Array, pieceMaxBytes = 3): Promise<Buffer> {
    const { near, far } = memory(pieceMaxBytes)
    const link: Link = new QuietStart(near, hasher)
    const sending = far.send(said).then(() => far.close())
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of link.receive) chunks.push(chunk)
    } finally {
      await link.close(new Error('over'))
      await sending.catch(() => undefined)
    }
    return Buffer.concat(chunks)
  }
  const payload = Buffer.from('a message')
  const frame = Buffer.concat([frameHeader(hasher, payload), payload])

  it.each([1, 3, 1000])('is heard where it says nothing, in pieces of %s', async (pieceMaxBytes) => {
    expect((await read(frame, pieceMaxBytes)).equals(frame)).toBe(true)
    expect((await read(Buffer.alloc(0))).length).toBe(0)
  })

  it.each([
    ['Welcome!\n', 'Welcome!'],
    ['\n\n  hi \r\nmore\n', 'hi'],
    ['\u001b[31mred\u001b[0m alert, and much more\n', '[31mred [0m alert, and much more'],
  ])('is named by its first words: %j', async (noise, words) => {
    for (const said of [Buffer.from(noise), Buffer.concat([Buffer.from(noise), frame])])
      await expect(read(said, 100)).rejects.toMatchObject({
        code: 'PROTOCOL',
        message: expect.stringContaining(`printed “${words}” before the protocol began`),
      })
  })
})
