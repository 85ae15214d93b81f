import { beforeAll, describe, expect, it } from 'vitest'

import type { Hasher } from '../../../src/engine/ports/hash.js'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { fleetPlants } from './fleet-plants.js'
import { simulateFleet } from './fleet-run.js'

let hasher: Hasher
beforeAll(async () => {
  hasher = await createHasher()
})

describe('many simulated machines', () => {
  const groups = [0, 1, 2, 3].map((group) => ({ from: 1 + group * 6, to: 6 + group * 6 }))

  it.each(groups)('keep their promises from seed $from to $to', async ({ from, to }) => {
    for (let seed = from; seed <= to; seed += 1) {
      const { failure, step } = await simulateFleet({ seed, steps: 60, hasher })
      expect({ seed, step: failure ? step : null, failure }).toEqual({ seed, step: null, failure: null })
    }
  })

  it('do the same from the same seed, and something else from another', async () => {
    const hashes: string[] = []
    for (const seed of [2, 2, 3]) hashes.push((await simulateFleet({ seed, steps: 60, hasher })).hash)
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(hashes[2])
  })
})

describe('a planted fault of many machines', () => {
  it.each(fleetPlants.map(({ what }) => what))('is caught: %s', async (what) => {
    const plant = fleetPlants.find((each) => each.what === what)
    if (!plant) throw new Error(`nothing is planted as “${what}”`)
    const found: string[] = []
    for (let seed = 1; seed <= 40 && !found.includes(plant.caughtBy); seed += 1) {
      const { failure } = await simulateFleet({ seed, steps: 40, hasher, plants: plant.plants })
      if (failure) found.push(failure.checker)
    }
    expect(found).toContain(plant.caughtBy)
  })
})
