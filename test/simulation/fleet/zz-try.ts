import { createHasher } from '../../../src/platform/node-hasher.js'
import { simulateFleet } from './fleet-run.js'
const [from, n, steps] = process.argv.slice(2).map(Number)
const hasher = await createHasher()
const print = process.env.PRINT ? (l: string) => console.log(l) : undefined
let bad = 0
const t0 = Date.now()
for (let seed = from!; seed < from! + n!; seed++) {
  const t = Date.now()
  if (process.env.EACH) process.stdout.write(`${seed}.`)
  const r = await simulateFleet({ seed, steps: steps ?? 60, hasher, ...(print ? { print } : {}) })
  if (Date.now() - t > 4000) console.log(`slow ${seed} ${Date.now() - t}`)
  if (r.failure) { bad++; console.log(`seed ${seed} step ${r.step} ${r.failure.checker}: ${r.failure.message.slice(0, 900)}`) }
}
console.log(`${n} seeds ${bad} bad ${Date.now() - t0} ms`)
