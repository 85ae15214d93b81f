import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchResult } from './harness.js'
import { filesInPlace, startPairDaemons } from './sync-daemons.js'
import { measuredLink, SyncPair } from './sync-pair.js'
import { sideBySide, type Timed } from './sync-result.js'
import { rsync, syncDisk } from './sync-rsync.js'
import { sameSessions } from './sync-trees.js'
import { countedAlias, type SyncWorld } from './sync-world.js'

export interface ReceivedCorpus {
  readonly size: string
  /** The user's folder that has it. */
  readonly user: string
  readonly bytes: number
  readonly tiny: boolean
}

/** Until the allocator and the collector have given back what they give back. */
const restMs = 10_000

/**
 * Two daemons that run already, of which one is told of the other: until all files are in place at the far end, with the
 * memory that the receiving one takes before, at most, and at rest afterwards. Against rsync, once each.
 */
export async function receivingDaemons(
  world: SyncWorld,
  { size, user, bytes, tiny }: ReceivedCorpus,
): Promise<BenchResult> {
  const plain = await byRsync(world, user)
  const daemons = await byDaemons(world, user, tiny ? 0 : restMs)
  return sideBySide(`first sync of ${size}, daemons that meet`, plain, daemons, { bytes })
}

async function byRsync({ sshd, folder }: SyncWorld, user: string): Promise<Timed> {
  const to = join(folder, 'rsync-daemons')
  mkdirSync(to)
  const started = performance.now()
  await rsync({ sshd, alias: countedAlias, from: user, to })
  await syncDisk(to)
  const ms = performance.now() - started
  return { name: 'rsync -az, sync', times: [ms], digest: sameSessions(user, to) }
}

async function byDaemons(world: SyncWorld, user: string, rest: number): Promise<Timed> {
  const { folder, program, sshd } = world
  const place = join(folder, 'daemons')
  const pair = new SyncPair({ folder: place, program, sshd, alias: countedAlias, nearUser: user })
  await pair.record()
  const daemons = await startPairDaemons(pair)
  try {
    await sleep(rest)
    const farIdleBeforeMB = daemons.figures('far').memoryMB
    const started = performance.now()
    await pair.connect()
    await filesInPlace(user, pair.far.user)
    const ms = performance.now() - started
    const digest = sameSessions(user, pair.far.user)
    const [nearPeakMB, farPeakMB] = [daemons.figures('near').peakMB, daemons.figures('far').peakMB]
    await sleep(rest)
    const farIdleAfterMB = daemons.figures('far').memoryMB
    const figures = { nearPeakMB, farPeakMB, farIdleBeforeMB, farIdleAfterMB }
    return { name: `holdfast daemons, ${measuredLink}`, times: [ms], digest, figures }
  } finally {
    await daemons.stop()
  }
}
