import { join } from 'node:path'
import { compare, type BenchOptions, type BenchResult, type Contender } from './harness.js'
import { lineBytes, type Appended } from './sync-lines.js'
import { stopAll } from './sync-result.js'
import { sameFiles } from './sync-trees.js'
import { sizesOf, withSyncWorld, writeSessions } from './sync-world.js'
import { WireSamples, type WireBytes } from './wire-count.js'
import { holdfastCommand, holdfastDaemons, rsyncCommand, wireAtRest, type WireLane } from './wire-lanes.js'

interface Effort {
  /** Rounds of one line, and of many. */
  readonly one: number
  readonly many: number
  /** The wire is at rest when nothing went over it for so long. */
  readonly restMs: number
}

const full: Effort = { one: 9, many: 3, restMs: 300 }
/** Commands take long to start: tiny, they bring one line alone. */
const small = {
  command: { one: 1, many: 0, restMs: 50 },
  live: { one: 1, many: 1, restMs: 50 },
} as const satisfies Record<string, Effort>
const manyFiles = 100

/**
 * One line of 1 KB in one session of many, and one in each of 100: how long until it is in the files at the far end, and
 * how many bytes that puts on the wire, SSH's own included. First one command each, `holdfast sync` against `rsync -az`;
 * then with what is under way already, two daemons against rsync over a connection that is kept.
 */
export async function run(options: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const size of sizesOf(options)) {
    await withSyncWorld(async (world) => {
      const user = join(world.folder, 'user')
      const { files } = writeSessions(user, size)
      const ways = [
        ['command', () => rsyncCommand(world, user, false), () => holdfastCommand(world, user)],
        ['live', () => rsyncCommand(world, user, true), () => holdfastDaemons(world, user)],
      ] as const
      for (const [way, ...lanes] of ways) {
        const effort = options.tiny ? small[way] : full
        results.push(...(await changes(`${way}, ${size} (${files} files)`, lanes, effort)))
      }
    })
  }
  return results
}

async function changes(
  name: string,
  [openA, openB]: readonly [() => Promise<WireLane>, () => Promise<WireLane>],
  { one, many, restMs }: Effort,
): Promise<BenchResult[]> {
  const lanes: WireLane[] = []
  let digests: readonly string[] = []
  const results: BenchResult[] = []
  try {
    const a = await openA()
    lanes.push(a)
    const b = await openB()
    lanes.push(b)
    const files = Math.min(manyFiles, a.lines.sessions)
    for (const [count, rounds] of [
      [1, one],
      [files, many],
    ] as const) {
      if (rounds === 0) continue
      const lines = count === 1 ? 'one line' : `${count} lines in ${count} files`
      const samples = [new WireSamples(), new WireSamples()] as const
      const result = await compare({
        name: `${lines}, ${name}`,
        a: contender(a, count, restMs, samples[0]),
        b: contender(b, count, restMs, samples[1]),
        rounds,
        bytes: count * lineBytes,
      })
      results.push(withFigures(result, samples))
    }
  } finally {
    digests = await stopAll(lanes)
  }
  // Both had the same lines in the same order: in the end all four folders hold the same.
  const [digest = '', other] = digests
  if (digest !== other) throw new Error(`${name}: the far ends differ`)
  return results.map((result) => withDigest(result, digest))
}

interface Brought {
  readonly appended: readonly Appended[]
  readonly before: WireBytes
}

function contender(lane: WireLane, count: number, restMs: number, samples: WireSamples): Contender<Brought> {
  return {
    name: lane.name,
    run: async () => {
      const before = lane.wire.bytes
      const appended = Array.from({ length: count }, () => lane.lines.append())
      await lane.bring(appended)
      return { appended, before }
    },
    digest: async ({ appended, before }) => {
      samples.add(await wireAtRest(lane.wire, before, restMs))
      const paths = appended.map(({ path }) => path)
      sameFiles(lane.near, lane.far, paths)
      return `${new Set(paths).size} files`
    },
  }
}

/** The digest of all files at the end says more than that of one round. */
function withDigest(result: BenchResult, digest: string): BenchResult {
  const [a, b] = result.contenders
  return {
    ...result,
    contenders: [
      { ...a, digest },
      { ...b, digest },
    ],
  }
}

function withFigures(result: BenchResult, samples: readonly [WireSamples, WireSamples]): BenchResult {
  const [a, b] = result.contenders
  return {
    ...result,
    contenders: [
      { ...a, figures: { ...a.figures, ...samples[0].figures } },
      { ...b, figures: { ...b.figures, ...samples[1].figures } },
    ],
  }
}
