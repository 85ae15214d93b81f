import { Bench } from 'tinybench'
import { createHasher } from '../src/platform/node-hasher.js'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import { spread } from './harness.js'
import type { BenchOptions, BenchResult, ContenderResult } from './harness.js'

/** From a short line to more than an extent. */
const sizes = [200, 1024, 8 * 1024, 64 * 1024, 512 * 1024, 1024 * 1024]

/** xxh64, which every read of the log checks, against SHA-256, which names events and chains them. */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  const hasher = await createHasher()
  const random = new SeededRandom('hashing')
  const results: BenchResult[] = []
  for (const size of tiny ? sizes.slice(0, 2) : sizes) {
    const input = random.bytes(size)
    const hash = {
      xxh64: () => hasher.xxh64(input),
      sha256: () => hasher.sha256(input),
    }
    const digests = {
      xxh64: hash.xxh64().toString(16).padStart(16, '0'),
      sha256: Buffer.from(hash.sha256()).toString('hex'),
    }
    const times: Record<keyof typeof hash, number[]> = { xxh64: [], sha256: [] }
    const rounds = tiny ? 2 : 7
    for (let round = 0; round < rounds; round++) {
      for (const name of round % 2 === 0 ? (['xxh64', 'sha256'] as const) : (['sha256', 'xxh64'] as const)) {
        times[name].push(medianMs(name, hash[name], tiny))
      }
    }
    const contender = (name: keyof typeof hash): ContenderResult => {
      const ms = spread(times[name])
      return { name, ms, megabytesPerSecond: size / 1000 / ms.median, digest: digests[name] }
    }
    results.push({
      name: size < 1024 ? `${size} B` : `${size / 1024} KiB`,
      rounds,
      contenders: [contender('xxh64'), contender('sha256')],
      ratio: spread(times.xxh64.map((ms, round) => (times.sha256[round] ?? 0) / ms)),
    })
  }
  return results
}

/** One call takes less than the clock can tell: tinybench repeats it and gives the median, here in ms. */
function medianMs(name: string, hash: () => unknown, tiny: boolean): number {
  const budget = tiny ? { time: 1, iterations: 8, warmup: false } : { time: 60, warmupTime: 10 }
  const bench = new Bench(budget)
  bench.add(name, hash, { async: false })
  const [task] = bench.runSync()
  const result = task?.result
  if (result?.state !== 'completed') throw new Error(`${name} did not complete`, { cause: result })
  return result.latency.p50
}
