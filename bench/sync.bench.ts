import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SyncResultRow } from '../src/daemon/operations/sync.js'
import type { CorpusSize } from '../test/fixtures-gen/corpus.js'
import { compare, type BenchOptions, type BenchResult, type Contender, type Figures } from './harness.js'
import { PeakMemory } from './sync-memory.js'
import { measuredLink, SyncPair } from './sync-pair.js'
import { receivingDaemons } from './sync-receiving.js'
import { rsync, syncDisk } from './sync-rsync.js'
import { sameSessions } from './sync-trees.js'
import { countedAlias, sizesOf, withSyncWorld, writeSessions, type SyncWorld } from './sync-world.js'
import { wireSince } from './wire-count.js'

interface FirstSync {
  readonly far: string
  readonly figures: Figures
}

interface Corpus {
  readonly size: CorpusSize
  /** The user's folder that has it. */
  readonly user: string
  readonly files: number
  readonly bytes: number
  readonly tiny: boolean
}

/**
 * The first time that a tree of sessions goes to another host, over one and the same OpenSSH server: `holdfast sync`
 * between two hosts against `rsync -az` followed by `sync`, which makes it as durable; then two daemons that meet. The
 * files at the far end are compared with those here after every round.
 */
export async function run(options: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const size of sizesOf(options)) {
    await withSyncWorld(async (world) => {
      const user = join(world.folder, 'user')
      const corpus = { size, user, tiny: options.tiny, ...writeSessions(user, size) }
      results.push(...(await firstSyncs(world, corpus)), await receivingDaemons(world, corpus))
    })
  }
  return results
}

async function firstSyncs(world: SyncWorld, corpus: Corpus): Promise<BenchResult[]> {
  const { size, bytes, tiny } = corpus
  const a = byRsync(world, corpus)
  const rounds = tiny || size === 'L' ? 1 : 3
  const named = { a, bytes, rounds }
  const recorded = await compare({
    ...named,
    name: `first sync of ${size}, recorded before`,
    b: byHoldfast(world, corpus, true),
  })
  if (tiny) return [recorded]
  const b = byHoldfast(world, corpus, false)
  return [recorded, await compare({ ...named, name: `first sync of ${size}, from nothing`, b })]
}

function byRsync(world: SyncWorld, { user }: Corpus): Contender<FirstSync> {
  const far = join(world.folder, 'rsync-far')
  return contender('rsync -az, sync', user, {
    prepare: async () => {
      await rm(far, { recursive: true, force: true })
      mkdirSync(far)
    },
    run: () =>
      measured(world, far, async () => {
        const nearPeakMB = await rsync({ sshd: world.sshd, alias: countedAlias, from: user, to: far })
        await syncDisk(far)
        return { nearPeakMB }
      }),
  })
}

function byHoldfast(world: SyncWorld, { user }: Corpus, recordedBefore: boolean): Contender<FirstSync> {
  const { program, sshd } = world
  const folder = join(world.folder, 'holdfast')
  let pair: SyncPair | undefined
  return contender(`holdfast sync, ${measuredLink}`, user, {
    prepare: async () => {
      await rm(folder, { recursive: true, force: true })
      pair = new SyncPair({ folder, program, sshd, alias: countedAlias, nearUser: user })
      if (recordedBefore) await pair.record()
      await pair.connect()
    },
    run: () => {
      const prepared = pair
      if (!prepared) throw new Error('the pair is not prepared')
      return measured(world, prepared.far.user, async () => {
        const { stdout, peakMB } = await prepared.run('sync', '--json')
        return { nearPeakMB: peakMB, sessionBytes: sessionBytes(stdout) }
      })
    },
  })
}

/** The bytes of the protocol alone, without what SSH adds, both ways. */
function sessionBytes(stdout: string): number {
  const { peers } = JSON.parse(stdout) as SyncResultRow
  return peers.reduce((sum, { bytesSent, bytesReceived }) => sum + bytesSent + bytesReceived, 0)
}

function contender(
  name: string,
  user: string,
  { prepare, run: work }: Pick<Contender<FirstSync>, 'prepare' | 'run'>,
): Contender<FirstSync> {
  return {
    name,
    ...(prepare ? { prepare } : {}),
    run: work,
    digest: ({ far }) => sameSessions(user, far),
    figures: ({ figures }) => figures,
  }
}

/** Runs it and adds what went over the wire and what the far side took. */
async function measured(world: SyncWorld, far: string, work: () => Promise<Figures>): Promise<FirstSync> {
  const { wire, sshd } = world
  const before = wire.bytes
  const memory = new PeakMemory(sshd.pid)
  let farPeakMB = 0
  try {
    const near = await work()
    farPeakMB = memory.stop()
    const { out, back } = wireSince(before, wire.bytes)
    return { far, figures: { outKB: out / 1000, backKB: back / 1000, farPeakMB, ...near } }
  } finally {
    memory.stop()
  }
}
