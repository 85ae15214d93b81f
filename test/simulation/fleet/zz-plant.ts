import { createHasher } from '../../../src/platform/node-hasher.js'
import { simulateFleet } from './fleet-run.js'
import { fleetPlants } from './fleet-plants.js'
const [what, from, n, steps] = process.argv.slice(2)
const hasher = await createHasher()
const plant = fleetPlants.find((p) => p.what.includes(what!))!
const print = process.env.PRINT ? (l: string) => console.log(l) : undefined
for (let seed = Number(from); seed < Number(from) + Number(n); seed++) {
  const r = await simulateFleet({ seed, steps: Number(steps ?? 40), hasher, plants: plant.plants, ...(print ? { print } : {}) })
  if (r.failure) console.log(`seed ${seed} step ${r.step} ${r.failure.checker}: ${r.failure.message.slice(0, 400)}`)
}
