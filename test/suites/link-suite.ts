import { describe, expect, it } from 'vitest'
import type { Link } from '../../src/engine/ports/link.js'

/** Two ends of one link, and what is done with them afterwards. */
export interface LinkWorld {
  readonly near: Link
  readonly far: Link
  /** Breaks the link in the middle, as a pulled cable or a killed process does. */
  cut(): void
  dispose(): Promise<void>
}

const gone = expect.objectContaining({ code: 'PEER_UNREACHABLE' })

/** What a link may hold between a sender that it lets go on and a reader that does not read. */
const heldMaxBytes = 2 * 1024 * 1024

async function collect(link: Link): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of link.receive) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads exactly so many bytes. */
async function take(chunks: AsyncIterator<Uint8Array>, length: number): Promise<Buffer> {
  const taken: Uint8Array[] = []
  for (let left = length; left > 0;) {
    const next = await chunks.next()
    if (next.done === true) throw new Error(`the link ended ${left} bytes early`)
    taken.push(next.value)
    left -= next.value.length
  }
  return Buffer.concat(taken)
}

function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >>> 8)) & 0xff))
}

/** Sends until that fails, and gives back the error. */
async function sendUntilRefused(link: Link): Promise<unknown> {
  for (;;) {
    try {
      await link.send(pattern(1000, 1))
    } catch (error) {
      return error
    }
  }
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
      'carries bytes both ways at once, in order and unchanged, also when calls overlap',
      within(async ({ near, far }) => {
        const there = [1, 0, 70_000, 3, 300_000, 17].map(pattern)
        const back = [5, 200_000, 1].map(pattern)
        const [atFar, atNear] = await Promise.all([
          take(far.receive[Symbol.asyncIterator](), 370_021),
          take(near.receive[Symbol.asyncIterator](), 200_006),
          ...there.map((bytes) => near.send(bytes)),
          ...back.map((bytes) => far.send(bytes)),
        ])
        expect(atFar.equals(Buffer.concat(there))).toBe(true)
        expect(atNear.equals(Buffer.concat(back))).toBe(true)
        await Promise.all([near.close(), far.close()])
      }),
    )

    it(
      'delivers what was sent before it was closed, and then ends',
      within(async ({ near, far }) => {
        const sent = pattern(200_000, 3)
        const sending = near.send(sent)
        const reading = collect(far)
        await sending
        const closed = near.close()
        expect((await reading).equals(sent)).toBe(true)
        await far.close()
        await closed
      }),
    )

    it(
      'holds a sender back whose reader pauses',
      within(async ({ near, far }) => {
        const pieceBytes = 32 * 1024
        const pieces = 256
        const chunks = far.receive[Symbol.asyncIterator]()
        let accepted = 0
        let taken = 0
        let mostHeld = 0
        const sending = (async () => {
          for (let i = 0; i < pieces; i += 1) {
            await near.send(pattern(pieceBytes, i))
            accepted += pieceBytes
            mostHeld = Math.max(mostHeld, accepted - taken)
          }
        })()
        // The sender gets many turns for each piece that is read: it would run away if nothing held it.
        while (taken < pieces * pieceBytes) {
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
          taken += (await take(chunks, 1)).length
        }
        await sending
        expect(mostHeld).toBeLessThan(heldMaxBytes)
        await Promise.all([near.close(), far.close()])
      }),
    )

    it(
      'refuses to send after it was closed, and ends its own reader at once',
      within(async ({ near, far }) => {
        const reading = collect(near)
        const closed = near.close()
        expect(await reading).toHaveLength(0)
        await expect(near.send(pattern(1, 1))).rejects.toMatchObject({ code: 'INTERRUPTED' })
        await far.close()
        await Promise.all([closed, near.close()])
      }),
    )

    it(
      'waits for nobody where it is closed with a reason',
      within(async ({ near, far }) => {
        const waiting = near.close()
        await near.close(new Error('enough'))
        await waiting
        expect(await sendUntilRefused(far)).toEqual(gone)
        await far.close(new Error('enough'))
      }),
    )

    it(
      'tells both ends when it breaks',
      within(async (world) => {
        const { near, far } = world
        await near.send(pattern(10, 1))
        await take(far.receive[Symbol.asyncIterator](), 10)
        world.cut()
        expect(await sendUntilRefused(near)).toEqual(gone)
        expect(await sendUntilRefused(far)).toEqual(gone)
        // Some links can't tell a break from an end; none may wait, or throw anything else.
        await collect(near).catch((error: unknown) => expect(error).toEqual(gone))
        await Promise.all([near.close(new Error('broken')), far.close(new Error('broken'))])
      }),
    )
  })
}
