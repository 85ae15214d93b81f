import { describe, expect, it } from 'vitest'
import type { LiveProgress } from '../../src/daemon/session-watch.js'
import { fingerprint } from '../../src/daemon/peer-trust.js'
import { peerLag } from '../../src/daemon/peer-lag.js'
import { readHostKey } from '../../src/daemon/host-key.js'
import { record } from '../../src/daemon/operations/record.js'
import type { RecordedHome } from './recorded-home.js'
import { keptIo } from './recorded-home.js'
import { meet, namedHome } from './peer-world.js'

/** Two hosts that met once, and how the first sees the second. */
async function met(): Promise<{
  a: RecordedHome
  b: RecordedHome
  peer: { key: string; direction: 'both' | 'push' | 'pull' }
}> {
  const [a, b] = [namedHome('alder'), namedHome('birch')]
  a.write('p/a.jsonl', 'one\n')
  b.write('p/b.jsonl', 'two\n')
  await a.record()
  await b.record()
  await meet(a, b)
  return {
    a,
    b,
    peer: { key: fingerprint(readHostKey(b.home.identityFolder)!.publicKey), direction: 'both' },
  }
}

describe('the lag of a peer that is away', () => {
  it('is what it was not known to hold when it was last met', async () => {
    const { a, peer } = await met()
    // What this host did with what came in may itself be new to the peer: it is told before anything is said of lag.
    const before = await a.with((runtime) => peerLag(runtime, peer, null))
    await a.with(async (runtime) => {
      a.append('p/a.jsonl', 'more\n')
      await record(runtime, {}, keptIo())
      a.append('p/a.jsonl', 'and more\n')
      await record(runtime, {}, keptIo())
    })
    const lag = await a.with((runtime) => peerLag(runtime, peer, null))
    expect(lag.sentLag! - before.sentLag!).toBeGreaterThanOrEqual(2)
    expect(lag.receivedLag).toBeNull()
    expect(lag.unsentMs).toBeGreaterThan(0)
  })

  it('is nothing for one that is given nothing, and unknown for one that was never met', async () => {
    const { a, peer } = await met()
    await a.with(async (runtime) => {
      a.append('p/a.jsonl', 'more\n')
      await record(runtime, {}, keptIo())
      expect(await peerLag(runtime, { ...peer, direction: 'pull' }, null)).toMatchObject({ sentLag: 0 })
      expect(await peerLag(runtime, { direction: 'both' }, null)).toEqual({
        sentLag: null,
        receivedLag: null,
        unsentMs: null,
      })
    })
  })
})

describe('the lag of a peer that is connected', () => {
  it('is what its session says is on its way', async () => {
    const { a, peer } = await met()
    await a.with(async (runtime) => {
      const far = { hostName: 'birch', publicKey: new Uint8Array(32) }
      const moved = { sent: 0, received: 0, bytesSent: 0, bytesReceived: 0, inFlight: 0 }
      const progress = { phase: 'live', peer: far, ...moved, toSend: 0, toReceive: 3 } as const
      const behind: LiveProgress = { ...progress, toSend: 1, inFlight: 1 }
      expect(await peerLag(runtime, peer, progress)).toMatchObject({
        sentLag: 0,
        receivedLag: 3,
        unsentMs: 0,
      })
      const lag = await peerLag(runtime, peer, behind)
      expect(lag.sentLag).toBe(2)
      expect(lag.unsentMs).toBeGreaterThan(0)
    })
  })
})
