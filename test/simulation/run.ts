import { parseArgs } from 'node:util'

import { createHasher } from '../../src/platform/node-hasher.js'
import { simulate } from './simulation.js'

/**
 * `npm run simulate -- [--seeds N] [--from S] [--seed S] [--steps K]`: runs seeds S to S + N - 1, or one seed with all it
 * does. Prints each seed before it runs; exits 1 where an invariant broke.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    steps: { type: 'string', default: '60' },
  },
})
const { seed: only } = values
const first = Number(values.from)
const seeds =
  only === undefined ? Array.from({ length: Number(values.seeds) }, (_, i) => String(first + i)) : [only]
const hasher = await createHasher()
let failures = 0
for (const seed of seeds) {
  process.stdout.write(`seed ${seed} `)
  const print = only === undefined ? undefined : (line: string): void => console.log(line)
  if (print) console.log()
  const result = await simulate({ seed, steps: Number(values.steps), hasher, ...(print ? { print } : {}) })
  const { failure, hash, step } = result
  console.log(hash)
  if (!failure) continue
  failures += 1
  console.log(`FAILED seed ${seed} step ${step} checker ${failure.checker}: ${failure.message}`)
}
console.log(`${seeds.length} seeds, ${failures} failures`)
process.exitCode = failures > 0 ? 1 : 0
