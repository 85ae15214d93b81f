import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { arrival } from './latency-arrival.js'
import { holdfastLane } from './latency-lanes.js'
import { LineWriter, type Appended } from './sync-lines.js'
import { measuredLink, SyncPair } from './sync-pair.js'
import { keepConnection, rsync, sharedLines } from './sync-rsync.js'
import { sameSessions } from './sync-trees.js'
import type { SyncWorld } from './sync-world.js'
import { startWireCount, wireSince, type WireBytes, type WireCount } from './wire-count.js'

/** One way to bring what was appended to the far end, whose bytes on the wire are counted apart from all others'. */
export interface WireLane {
  readonly name: string
  readonly near: string
  readonly far: string
  readonly lines: LineWriter
  readonly wire: WireCount
  /** Brings what was appended; resolves when it is in the files at the far end. */
  bring(appended: readonly Appended[]): Promise<void>
  /** Ends it, and gives the digest of both folders. Rejects where they differ. */
  stop(): Promise<string>
}

const seed = 11

/** One command for each sync, by a connection of its own; `kept`: by one that stays. `user` is copied. */
export async function rsyncCommand(world: SyncWorld, user: string, kept: boolean): Promise<WireLane> {
  const { sshd } = world
  const alias = kept ? 'bench-rsync-kept' : 'bench-rsync'
  const folder = join(world.folder, alias)
  const [near, far] = [join(folder, 'near-user'), join(folder, 'far-user')]
  cpSync(user, near, { recursive: true, preserveTimestamps: true })
  mkdirSync(far)
  const wire = await startWireCount(sshd.port)
  sshd.addHost(alias, wire.port, kept ? sharedLines(join(folder, 'kept')) : [])
  const connection = kept ? await keepConnection(sshd, alias) : null
  const bring = async (): Promise<void> => {
    await rsync({ sshd, alias, from: near, to: far })
  }
  const stop = async (): Promise<string> => {
    await connection?.close()
    await wire.close()
    return comparedAndRemoved(near, far, folder)
  }
  const name = kept ? 'rsync -az, connection kept' : 'rsync -az'
  return ready({ name, near, far, lines: new LineWriter(near, seed), wire, bring, stop }, bring)
}

/** One `holdfast sync` for each, without daemons. `user` is copied. */
export async function holdfastCommand(world: SyncWorld, user: string): Promise<WireLane> {
  const { program, sshd } = world
  const alias = 'bench-command'
  const folder = join(world.folder, alias)
  const near = join(folder, 'near-user')
  cpSync(user, near, { recursive: true, preserveTimestamps: true })
  const wire = await startWireCount(sshd.port)
  sshd.addHost(alias, wire.port)
  const pair = new SyncPair({ folder, program, sshd, alias })
  await pair.record()
  await pair.connect()
  const far = pair.far.user
  const bring = async (): Promise<void> => {
    await pair.run('sync', '--json')
  }
  const stop = async (): Promise<string> => {
    await wire.close()
    return comparedAndRemoved(near, far, folder)
  }
  return ready(
    {
      name: `holdfast sync, ${measuredLink}`,
      near,
      far,
      lines: new LineWriter(near, seed),
      wire,
      bring,
      stop,
    },
    bring,
  )
}

/** Two daemons that are connected. `user` is copied. */
export async function holdfastDaemons(world: SyncWorld, user: string): Promise<WireLane> {
  const alias = 'bench-daemons'
  const wire = await startWireCount(world.sshd.port)
  world.sshd.addHost(alias, wire.port)
  try {
    const lane = await holdfastLane(world, user, alias)
    const { near, far, name } = lane
    const bring = async (appended: readonly Appended[]): Promise<void> => {
      await Promise.all(appended.map((each) => arrival(far, each)))
    }
    const stop = async (): Promise<string> => {
      const digest = await lane.stop()
      await wire.close()
      return digest
    }
    return { name, near, far, lines: new LineWriter(near, seed), wire, bring, stop }
  } catch (error) {
    await wire.close()
    throw error
  }
}

/** Resolves with what went over the wire since, once nothing did for so many ms. */
export async function wireAtRest(wire: WireCount, before: WireBytes, restMs: number): Promise<WireBytes> {
  for (let last = wire.bytes; ;) {
    await sleep(restMs)
    const now = wire.bytes
    if (now.out === last.out && now.back === last.back) return wireSince(before, now)
    last = now
  }
}

/** The largest trees are more than a disk has room for many times. */
function comparedAndRemoved(near: string, far: string, folder: string): string {
  const digest = sameSessions(near, far)
  rmSync(folder, { recursive: true, force: true })
  return digest
}

/** Both ends have to be equal before anything is measured. */
async function ready(lane: WireLane, bring: () => Promise<void>): Promise<WireLane> {
  try {
    await bring()
    sameSessions(lane.near, lane.far)
    return lane
  } catch (error) {
    await lane.stop().catch(() => undefined)
    throw error
  }
}
