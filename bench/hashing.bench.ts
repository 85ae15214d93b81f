import { createHasher } from '../src/platform/node-hasher.js'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import type { BenchOptions, BenchResult } from './harness.js'
import { compareSmall, sizeName } from './micro.js'

/** From a short line to more than an extent. */
const sizes = [200, 1024, 8 * 1024, 64 * 1024, 512 * 1024, 1024 * 1024]

/** xxh64, which every read of the log checks, against SHA-256, which names events and chains them. */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  const hasher = await createHasher()
  const random = new SeededRandom('hashing')
  return (tiny ? sizes.slice(0, 2) : sizes).map((bytes) => {
    const input = random.bytes(bytes)
    return compareSmall({
      name: sizeName(bytes),
      a: {
        name: 'xxh64',
        run: () => hasher.xxh64(input),
        digest: () => hasher.xxh64(input).toString(16).padStart(16, '0'),
      },
      b: {
        name: 'sha256',
        run: () => hasher.sha256(input),
        digest: () => Buffer.from(hasher.sha256(input)).toString('hex'),
      },
      bytes,
      tiny,
    })
  })
}
