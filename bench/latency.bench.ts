import { join } from 'node:path'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import type { BenchOptions, BenchResult } from './harness.js'
import { holdfastLane, rsyncLane, type LiveLane } from './latency-lanes.js'
import { isolatedAppends, quickAppends, quickGapMs, steadyAppends } from './latency-patterns.js'
import { sideBySide, stopAll, type Timed } from './sync-result.js'
import { directAlias, sizesOf, withSyncWorld, writeSessions } from './sync-world.js'

/** Both take turns, in each of which the loop appends so many times, and Holdfast so many. */
interface Repeats {
  readonly turns: number
  readonly loop: number
  readonly holdfast: number
  /** Lines by which one session grows. */
  readonly steady: number
  readonly steadyEveryMs: number
}

const full: Repeats = { turns: 20, loop: 2, holdfast: 10, steady: 60, steadyEveryMs: 1000 }
const small: Repeats = { turns: 1, loop: 1, holdfast: 3, steady: 2, steadyEveryMs: 200 }

type Lanes = readonly [LiveLane, LiveLane]
type Times = readonly [number[], number[]]

/**
 * From an append here until the line is in the file at the far end: two daemons, connected and writing back, against a
 * loop that runs rsync at every change over a connection that is kept. Both are under way all the time. At the end all
 * files of both ends are compared, so that a line that never came is seen.
 */
export async function run(options: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const size of sizesOf(options)) {
    await withSyncWorld(async (world) => {
      const user = join(world.folder, 'user')
      writeSessions(user, size)
      const lanes: LiveLane[] = []
      let digests: readonly string[] = []
      let measured: readonly (readonly [string, Times])[]
      try {
        lanes.push(await rsyncLane(world, user, world.sshd.port))
        lanes.push(await holdfastLane(world, user, directAlias))
        measured = await allPatterns(lanes as unknown as Lanes, options.tiny ? small : full)
      } finally {
        digests = await stopAll(lanes)
      }
      for (const [name, times] of measured) {
        const [a, b] = lanes.map(({ name: lane }, at) => timed(lane, times[at] ?? [], digests[at] ?? ''))
        results.push(sideBySide(`${name}, ${size}`, a as Timed, b as Timed, { sameResult: false }))
      }
    })
  }
  return results
}

async function allPatterns(lanes: Lanes, repeats: Repeats): Promise<readonly (readonly [string, Times])[]> {
  const { steady, steadyEveryMs } = repeats
  const random = new SeededRandom('pauses')
  const isolated = await inTurns(lanes, repeats, (lane, count) => isolatedAppends(lane, count, random))
  const quick = await inTurns(lanes, repeats, (lane, count) => quickAppends(lane, count, random))
  const growing = await Promise.all(lanes.map((lane) => steadyAppends(lane, steady, steadyEveryMs)))
  return [
    ['append → far file', isolated],
    [`two appends ${quickGapMs} ms apart → far file`, quick],
    [`one session, a line every ${steadyEveryMs} ms`, growing as unknown as Times],
  ]
}

async function inTurns(
  [loop, holdfast]: Lanes,
  { turns, ...counts }: Repeats,
  append: (lane: LiveLane, count: number) => Promise<number[]>,
): Promise<Times> {
  const times: Times = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    times[0].push(...(await append(loop, counts.loop)))
    times[1].push(...(await append(holdfast, counts.holdfast)))
  }
  return times
}

function timed(name: string, times: readonly number[], digest: string): Timed {
  return { name, times, digest }
}
