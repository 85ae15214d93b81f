import { Bench } from 'tinybench'
import { spread } from './harness.js'
import type { BenchResult, ContenderResult } from './harness.js'

/** Work that takes less than the clock can tell. */
export interface SmallWork {
  readonly name: string
  run(): unknown
  /** A text that depends on the whole result. */
  digest(): string
}

export interface SmallComparison {
  readonly name: string
  readonly a: SmallWork
  readonly b: SmallWork
  /** Payload of one run, in bytes. */
  readonly bytes: number
  readonly tiny: boolean
}

/** As `compare`, for work so short that each time is the median of many runs, by tinybench. */
export function compareSmall({ name, a, b, bytes, tiny }: SmallComparison): BenchResult {
  const times = { a: [] as number[], b: [] as number[] }
  const rounds = tiny ? 2 : 7
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) times.a.push(medianMs(a, tiny))
    times.b.push(medianMs(b, tiny))
    if (round % 2 === 1) times.a.push(medianMs(a, tiny))
  }
  const result = (work: SmallWork, each: readonly number[]): ContenderResult => {
    const ms = spread(each)
    const megabytesPerSecond = bytes / 1000 / ms.median
    return { name: work.name, ms, megabytesPerSecond, digest: work.digest(), figures: {} }
  }
  return {
    name,
    rounds,
    contenders: [result(a, times.a), result(b, times.b)],
    ratio: spread(times.a.map((ms, round) => (times.b[round] ?? 0) / ms)),
  }
}

/** `65536` → `64 KiB`. */
export function sizeName(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
}

function medianMs(work: SmallWork, tiny: boolean): number {
  const budget = tiny ? { time: 1, iterations: 8, warmup: false } : { time: 60, warmupTime: 10 }
  const bench = new Bench(budget)
  bench.add(work.name, () => work.run(), { async: false })
  const [task] = bench.runSync()
  const result = task?.result
  if (result?.state !== 'completed') throw new Error(`${work.name} did not complete`, { cause: result })
  // Where all runs were below the clock's resolution, a ratio would be a division by zero.
  return Math.max(result.latency.p50, 1e-6)
}
