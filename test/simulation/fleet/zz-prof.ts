import { createHasher } from '../../../src/platform/node-hasher.js'
import { simulateFleet } from './fleet-run.js'
const hasher = await createHasher()
for (let seed = 15; seed <= 18; seed++) {
  const t = process.cpuUsage()
  await simulateFleet({ seed, steps: 60, hasher })
  console.log(seed, process.cpuUsage(t).user / 1000)
}
