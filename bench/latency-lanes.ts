import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { RsyncLoop } from './latency-rsync-loop.js'
import { filesInPlace, startPairDaemons } from './sync-daemons.js'
import { LineWriter } from './sync-lines.js'
import { measuredLink, SyncPair } from './sync-pair.js'
import { keepConnection, rsync, sharedLines } from './sync-rsync.js'
import { sameSessions } from './sync-trees.js'
import type { SyncWorld } from './sync-world.js'

/** One way to keep two folders in step, under way: both hold the same files already. */
export interface LiveLane {
  readonly name: string
  readonly near: string
  readonly far: string
  /** Appends to the near folder; each lane's writer appends the same lines to the same files. */
  readonly lines: LineWriter
  /** Ends it, and gives the digest of both folders. Rejects where they differ. */
  stop(): Promise<string>
}

const seed = 7

/** The lane of two Holdfast daemons. `user`: the folder with the sessions; it is copied. */
export async function holdfastLane(world: SyncWorld, user: string, alias: string): Promise<LiveLane> {
  const { program, sshd } = world
  const folder = join(world.folder, 'live')
  const near = join(folder, 'near-user')
  cpSync(user, near, { recursive: true, preserveTimestamps: true })
  const pair = new SyncPair({ folder, program, sshd, alias })
  await pair.record()
  const daemons = await startPairDaemons(pair)
  const far = pair.far.user
  try {
    await pair.connect()
    await filesInPlace(near, far)
  } catch (error) {
    await daemons.stop()
    throw error
  }
  return {
    name: `holdfast daemons, ${measuredLink}`,
    near,
    far,
    lines: new LineWriter(near, seed),
    stop: async () => {
      await daemons.stop()
      return sameSessions(near, far)
    },
  }
}

/**
 * The lane of an rsync loop over a connection that is kept, which spares each run most of its time. `user`: the folder
 * with the sessions; it is copied.
 */
export async function rsyncLane(world: SyncWorld, user: string, port: number): Promise<LiveLane> {
  const { folder, sshd } = world
  const [near, far, alias] = [join(folder, 'loop-near'), join(folder, 'loop-far'), 'bench-far-loop']
  cpSync(user, near, { recursive: true, preserveTimestamps: true })
  mkdirSync(far)
  sshd.addHost(alias, port, sharedLines(join(folder, 'kept')))
  const connection = await keepConnection(sshd, alias)
  const options = { sshd, alias, from: near, to: far }
  let loop: RsyncLoop
  try {
    await rsync(options)
    loop = new RsyncLoop(options)
  } catch (error) {
    await connection.close()
    throw error
  }
  return {
    name: 'rsync loop, connection kept',
    near,
    far,
    lines: new LineWriter(near, seed),
    stop: async () => {
      try {
        await loop.stop()
      } finally {
        await connection.close()
      }
      return sameSessions(near, far)
    },
  }
}
