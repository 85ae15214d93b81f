import { performance } from 'node:perf_hooks'
import type { CorpusSize } from '../test/fixtures-gen/corpus.js'

/** One way to do the work. `prepare` and `digest` are not timed. */
export interface Contender<Result> {
  readonly name: string
  /** Called before each round; what it returns is given to `run`. */
  prepare?(): Promise<void> | void
  run(): Promise<Result> | Result
  /** A short text that depends on the whole result, so that work left undone is seen. */
  digest(result: Result): Promise<string> | string
  /** What else the result tells, each with its unit in its name. The greatest of all rounds is reported. */
  figures?(result: Result): Figures
}

/** Numbers beside the time: `peakMB`, `p99Ms`, `events`. */
export type Figures = Readonly<Record<string, number>>

export interface ComparisonOptions<First, Second> {
  /** What is measured, for example `append 1 KB`. */
  readonly name: string
  readonly a: Contender<First>
  readonly b: Contender<Second>
  readonly rounds: number
  /** Payload that one run works through, in bytes; gives MB/s. */
  readonly bytes?: number
  /** Whether both must come to the same digest. Default: true. */
  readonly sameResult?: boolean
}

/** Milliseconds of one run. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface ContenderResult {
  readonly name: string
  readonly ms: Spread
  readonly megabytesPerSecond: number | null
  readonly digest: string
  readonly figures: Figures
}

export interface BenchResult {
  readonly name: string
  readonly rounds: number
  readonly contenders: readonly [ContenderResult, ContenderResult]
  /** The second's time over the first's, round by round: above 1 the first is faster. */
  readonly ratio: Spread
}

export interface BenchOptions {
  /** Small inputs and few rounds: shows that the benchmark works, not how fast anything is. */
  readonly tiny: boolean
  /** The corpus of benchmarks that work on one; default: `tiny` where tiny, else the benchmark's own choice. */
  readonly size?: CorpusSize
}

/** What every `*.bench.ts` exports as `run`. */
export type RunBench = (options: BenchOptions) => Promise<readonly BenchResult[]>

/**
 * Runs two ways of doing the same work side by side: interleaved, each going first in every other round, so that
 * what else the machine does meets both. One round before that is not counted. Throws where a digest changes from
 * round to round, or differs between the two unless `sameResult` is false.
 */
export async function compare<First, Second>(
  options: ComparisonOptions<First, Second>,
): Promise<BenchResult> {
  const { name, rounds, bytes, sameResult = true } = options
  if (rounds < 1) throw new RangeError(`${name}: no rounds`)
  const a = new Lane(options.a, name)
  const b = new Lane(options.b, name)
  for (let round = -1; round < rounds; round++) {
    if (round < 0) {
      await a.warmUp()
      await b.warmUp()
    } else if (round % 2 === 0) {
      await a.round()
      await b.round()
    } else {
      await b.round()
      await a.round()
    }
  }
  if (sameResult && a.digest !== b.digest) {
    throw new Error(`${name}: ${a.name} came to ${a.digest}, ${b.name} to ${b.digest}`)
  }
  return {
    name,
    rounds,
    contenders: [a.result(bytes), b.result(bytes)],
    ratio: spread(a.times.map((ms, round) => (b.times[round] ?? 0) / ms)),
  }
}

/** With so many rounds a 99th percentile says something. */
const percentileMinRounds = 100

class Lane<Result> {
  readonly times: number[] = []
  readonly #figures = new Map<string, number>()
  digest: string | undefined
  readonly #contender: Contender<Result>
  readonly #comparison: string

  constructor(contender: Contender<Result>, comparison: string) {
    this.#contender = contender
    this.#comparison = comparison
  }

  get name(): string {
    return this.#contender.name
  }

  async warmUp(): Promise<void> {
    await this.#measure()
  }

  async round(): Promise<void> {
    this.times.push(await this.#measure())
  }

  result(bytes: number | undefined): ContenderResult {
    const ms = spread(this.times)
    const megabytesPerSecond = bytes === undefined ? null : bytes / 1000 / ms.median
    const figures = Object.fromEntries(this.#figures)
    if (this.times.length >= percentileMinRounds) figures['p99Ms'] = percentile(this.times, 0.99)
    return { name: this.name, ms, megabytesPerSecond, digest: this.digest ?? '', figures }
  }

  async #measure(): Promise<number> {
    await this.#contender.prepare?.()
    const started = performance.now()
    const result = await this.#contender.run()
    const ms = performance.now() - started
    const digest = await this.#contender.digest(result)
    this.digest ??= digest
    if (digest !== this.digest) {
      throw new Error(`${this.#comparison}: ${this.name} came to ${this.digest}, then to ${digest}`)
    }
    for (const [name, value] of Object.entries(this.#contender.figures?.(result) ?? {})) {
      this.#figures.set(name, Math.max(value, this.#figures.get(name) ?? value))
    }
    // Below the clock's resolution a ratio would be a division by zero.
    return Math.max(ms, 1e-6)
  }
}

/** Median, least and greatest of at least one value. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** The value that this share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
