import { percentile, spread, type BenchResult, type ContenderResult, type Figures } from './harness.js'

/** One contender's times, in ms, of the same work done again and again, and what shows that it was done. */
export interface Timed {
  readonly name: string
  readonly times: readonly number[]
  readonly digest: string
  readonly figures?: Figures
}

/** With so many times a 95th, and a 99th, percentile says something. */
const p95MinTimes = 20
const p99MinTimes = 100

/**
 * Two contenders whose rounds can't be paired one by one, such as one that has more of them: their medians are compared.
 * `bytes`: what one run works through. Throws where they did not come to the same, unless `sameResult` is false.
 */
export function sideBySide(
  name: string,
  a: Timed,
  b: Timed,
  { bytes, sameResult = true }: { readonly bytes?: number; readonly sameResult?: boolean } = {},
): BenchResult {
  if (sameResult && a.digest !== b.digest)
    throw new Error(`${name}: ${a.name} came to ${a.digest}, ${b.name} to ${b.digest}`)
  const contenders = [resultOf(a, bytes), resultOf(b, bytes)] as const
  const ratio = contenders[1].ms.median / contenders[0].ms.median
  const rounds = Math.min(a.times.length, b.times.length)
  return { name, rounds, contenders, ratio: { median: ratio, min: ratio, max: ratio } }
}

function resultOf({ name, times, digest, figures = {} }: Timed, bytes: number | undefined): ContenderResult {
  if (times.length === 0) throw new RangeError(`${name}: no times`)
  const ms = spread(times)
  const tail = {
    ...(times.length >= p95MinTimes ? { p95Ms: percentile(times, 0.95) } : {}),
    ...(times.length >= p99MinTimes ? { p99Ms: percentile(times, 0.99) } : {}),
  }
  const megabytesPerSecond = bytes === undefined ? null : bytes / 1000 / ms.median
  return { name, ms, megabytesPerSecond, digest, figures: { ...tail, ...figures } }
}

/** Stops all, also where stopping one fails, and gives their digests in order. Rejects with the first failure. */
export async function stopAll(lanes: readonly { stop(): Promise<string> }[]): Promise<readonly string[]> {
  const ended = await Promise.allSettled(lanes.map((lane) => lane.stop()))
  return ended.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}
