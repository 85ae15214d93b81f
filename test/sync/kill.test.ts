import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SeededRandom } from '../fixtures-gen/random.js'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { SyncHome } from './home.js'
import { digests } from './live-daemon.js'

const rounds = 10
const random = new SeededRandom('kill 1')
let a: SyncHome
let b: SyncHome

beforeAll(async () => {
  a = new SyncHome('alder', { writes: true })
  b = new SyncHome('birch', { writes: true })
  a.generate('alder', 1_000_000, 8)
  b.generate('birch', 1_000_000, 8)
  await a.record()
  await b.record()
  await a.json(['peer', 'add', 'b', b.url])
})

afterAll(async () => {
  await a.dispose()
  await b.dispose()
})

function killSoftly(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

describe('kill -9 during a sync', () => {
  it(`loses nothing and repeats nothing, whichever end it meets (${rounds} times)`, async () => {
    let cut = 0
    for (let round = 0; round < rounds; round++) {
      a.generate(`alder ${round}`, 200_000, 2)
      b.generate(`birch ${round}`, 200_000, 2)
      await b.record()
      b.forgetServing()
      const running = a.spawn('sync', '--json')
      // From the moment that the far end was started: what comes before is only a process that begins.
      while (b.servingPid() === null && running.child.exitCode === null) await sleep(5)
      await sleep(random.int(700))
      if (random.chance(0.5)) running.child.kill('SIGKILL')
      else killSoftly(b.servingPid())
      const { code } = await running.ended
      if (code !== 0) cut += 1
      killSoftly(b.servingPid())
    }
    expect(cut).toBeGreaterThan(0)
    const last = await a.json<SyncResultRow>(['sync'])
    expect(last).toMatchObject({ forks: [], notes: [], peers: [{ error: null, missing: 0, unreadable: 0 }] })
    expect((await a.json<SyncResultRow>(['sync'])).peers).toMatchObject([{ sent: 0, received: 0 }])
    // Both homes hold the same sessions, and each host's own are as its agent wrote them.
    expect(digests(a.expected)).toEqual(digests(b.expected))
    for (const home of [a, b]) expect(home.touched).toEqual([])
    for (const [holder, owner] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(digests(await holder.replay(owner.name))).toEqual(digests(owner.expected))
      expect(await holder.json(['verify'])).toMatchObject({ ok: true, problems: [] })
    }
  }, 300_000)
})
