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
  it.each([1, 2, 3, 5, 8, 10])('keep their promises with seed %i', async (seed) => {
    const { failure, step } = await simulateFleet({ seed, steps: 40, hasher })
    expect({ step: failure ? step : null, failure }).toEqual({ step: null, failure: null })
  })

  it('do the same from the same seed, and something else from another', async () => {
    const hashes: string[] = []
    for (const seed of [2, 2, 3]) hashes.push((await simulateFleet({ seed, steps: 30, hasher })).hash)
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(hashes[2])
  })
})
