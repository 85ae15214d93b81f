import { parseArgs } from 'node:util'

import { createHasher } from '../../src/platform/node-hasher.js'
import { simulateFleet } from './fleet/fleet-run.js'
import { simulate } from './simulation.js'

/**
 * `npm run simulate -- [--seeds N] [--from S] [--seed S] [--steps K] [--hosts H]`: runs seeds S to S + N - 1, or one seed
 * with all it does. Each seed is run with one host and with several; H = 1 leaves the several out, H > 1 the one, and
 * says how many. Prints each seed before it runs; exits 1 where an invariant broke.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    steps: { type: 'string', default: '60' },
    hosts: { type: 'string' },
  },
})
const { seed: only } = values
const first = Number(values.from)
const seeds =
  only === undefined ? Array.from({ length: Number(values.seeds) }, (_, i) => String(first + i)) : [only]
const hasher = await createHasher()
const hosts = values.hosts === undefined ? undefined : Number(values.hosts)
let failures = 0

async function run(seed: string, what: 'one host' | 'several'): Promise<void> {
  process.stdout.write(`seed ${seed} ${what} `)
  const print = only === undefined ? undefined : (line: string): void => console.log(line)
  if (print) console.log()
  const options = { seed, steps: Number(values.steps), hasher, ...(print ? { print } : {}) }
  const { failure, hash, step } =
    what === 'one host'
      ? await simulate(options)
      : await simulateFleet({ ...options, ...(hosts === undefined ? {} : { hosts }) })
  console.log(hash)
  if (!failure) return
  failures += 1
  console.log(`FAILED seed ${seed} ${what} step ${step} checker ${failure.checker}: ${failure.message}`)
}

for (const seed of seeds) {
  if (hosts === undefined || hosts === 1) await run(seed, 'one host')
  if (hosts !== 1) await run(seed, 'several')
}
console.log(`${seeds.length} seeds, ${failures} failures`)
process.exitCode = failures > 0 ? 1 : 0
