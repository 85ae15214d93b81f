import { describe, expect, it } from 'vitest'
import type { Link } from '../../src/engine/ports/link.js'

/** Two ends of one link, and what is done with them afterwards. */
export interface LinkWorld {
  readonly near: Link
  readonly far: Link
  /** Breaks the link in the middle, as a cable does; undefined where that can't be arranged. */
  readonly cut?: () => void
  dispose(): Promise<void>
}

const gone = expect.objectContaining({ code: 'PEER_UNREACHABLE' })

async function collect(link: Link): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of link.receive) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads exactly so many bytes, as a reader does who answers in between. */
async function take(chunks: AsyncIterator<Uint8Array>, length: number): Promise<Buffer> {
  let taken = Buffer.alloc(0)
  while (taken.length < length) {
    const { value, done } = await chunks.next()
    if (done === true) throw new Error(`the link ended after ${taken.length} of ${length} bytes`)
    taken = Buffer.concat([taken, value])
  }
  return taken
}

function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >>> 8)) & 0xff))
}

/** What every link does, whatever carries it. */
export function linkSuite(name: string, open: () => Promise<LinkWorld>): void {
  const within = (act: (world: LinkWorld) => Promise<void>) => async (): Promise<void> => {
    const world = await open()
    try {
      await act(world)
    } finally {
      await world.dispose()
    }
  }

  describe(`a link over ${name}`, () => {
    it(
      'carries bytes both ways, in order and unchanged, also when calls overlap',
      within(async ({ near, far }) => {
        const there = [1, 0, 70_000, 3, 300_000, 17].map(pattern)
        const back = [5, 200_000, 1].map(pattern)
        const arrived = Promise.all([collect(far), collect(near)])
        await Promise.all([...there.map((bytes) => near.send(bytes)), ...back.map((bytes) => far.send(bytes))])
        await Promise.all([near.close(), far.close(), arrived.then(() => undefined)].slice(0, 0))
        const [nearClosed, farClosed] = [near, far].map(async (link, i) => {
          // Each ends its own direction only when the other's bytes are here: `close` throws away what still comes.
          await (i === 0 ? untilReceived(received.near, back) : untilReceived(received.far, there))
          await link.close()
        })
        await Promise.all([nearClosed, farClosed, arrived])
      }),
    )
  })
}
