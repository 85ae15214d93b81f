import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../test/fixtures-gen/random.js'
import { arrival } from './latency-arrival.js'
import type { LiveLane } from './latency-lanes.js'

/** Between two appends that each stand for themselves. */
const pauseMinMs = 30
const pauseMaxMs = 150
/** As far apart as two records that an agent writes at one go. */
export const quickGapMs = 20

/** So many appends to one session after the other, each after the one before arrived and a pause. Times in ms. */
export async function isolatedAppends(
  { lines, far }: LiveLane,
  count: number,
  random: SeededRandom,
): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    await pause(random)
    times.push(await arrival(far, lines.append()))
  }
  return times
}

/** So many times two appends to one session, shortly one after the other; the time is the second one's, in ms. */
export async function quickAppends(
  { lines, far }: LiveLane,
  count: number,
  random: SeededRandom,
): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    await pause(random)
    const first = lines.append()
    await sleep(quickGapMs)
    times.push(await arrival(far, lines.append(first.path)))
  }
  return times
}

/** One session that grows by a line every so many ms, whether the line before arrived or not. Times in ms. */
export async function steadyAppends(
  { lines, far }: LiveLane,
  count: number,
  everyMs: number,
): Promise<number[]> {
  const path = lines.nextSession()
  const started = performance.now()
  const times: Promise<number>[] = []
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, started + n * everyMs - performance.now()))
    const time = arrival(far, lines.append(path))
    // It is waited for below; should it fail before, that is no failure of nobody's.
    time.catch(() => undefined)
    times.push(time)
  }
  return Promise.all(times)
}

function pause(random: SeededRandom): Promise<void> {
  return sleep(pauseMinMs + random.int(pauseMaxMs - pauseMinMs))
}
