import { beforeAll, describe, expect, it } from 'vitest'

import type { Hasher } from '../../src/engine/ports/hash.js'
import { createHasher } from '../../src/platform/node-hasher.js'
import { allPlants } from './plants.js'
import { simulate } from './simulation.js'

let hasher: Hasher
beforeAll(async () => {
  hasher = await createHasher()
})

/** Seeds that fail where the fix of the fault that they are named after is taken away. They stay. */
const regressions: readonly (readonly [seed: number, what: string])[] = [
  [30, 'a state file rewritten twice within one tick of its time stamp'],
  [15, 'NULs in a file whose size and time are as recorded'],
  [1045, 'a power loss right after a clean stop'],
  [328, 'a repair that was killed between the rename and its event'],
  [2653, 'a restored file changed within the tick of its restore'],
  [1195, 'an edit before the tail together with an append'],
  [1478, 'an edit within the tick of a comparison'],
  [29, 'a reset that builds on what stood before lost events'],
  [2339, 'a file that no recovery could make whole'],
  [391, 'an empty file whose only event is lost'],
  [190, 'a base on a file of which nothing is left'],
  [21679, 'a move from a file of which nothing is left'],
  [1658, 'a cursor that was given up with an index row'],
]

describe('a simulated machine', () => {
  const groups = [0, 1, 2, 3, 4, 5].map((group) => ({ from: 1 + group * 25, to: 25 + group * 25 }))

  it.each(groups)('keeps its promises from seed $from to $to', async ({ from, to }) => {
    for (let seed = from; seed <= to; seed += 1) {
      const { failure, step } = await simulate({ seed, steps: 60, hasher })
      expect({ seed, step: failure ? step : null, failure }).toEqual({ seed, step: null, failure: null })
    }
  })

  it.each(regressions)('keeps them with seed %i, %s', async (seed) => {
    const { failure } = await simulate({ seed, steps: 60, hasher })
    expect(failure).toBeNull()
  })

  it('does the same from the same seed, and something else from another', async () => {
    const hashes: string[] = []
    for (const seed of [3, 3, 4]) hashes.push((await simulate({ seed, steps: 60, hasher })).hash)
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(hashes[2])
  })
})

describe('a planted fault', () => {
  it.each([
    'a store that acknowledges before the sync',
    'a store that drops an event now and then',
    'cursors that are written apart from their events',
    'an observer that does not look at what it has read before',
    'a writer that goes on with an older store',
    'a chain that is not computed over all events',
    'a recovery that does not ask what it replaces',
    'a recovery that does not say what it wrote',
    'a reader that takes more than it was asked to',
  ])('is caught: %s', async (what) => {
    const plant = allPlants(hasher).find((each) => each.what === what)
    if (!plant) throw new Error(`nothing is planted as “${what}”`)
    const found: string[] = []
    for (let seed = 1; seed <= 60 && !found.includes(plant.caughtBy); seed += 1) {
      const { failure } = await simulate({ seed, steps: 60, hasher, plants: plant.plants })
      if (failure) found.push(failure.checker)
    }
    expect(found).toContain(plant.caughtBy)
  })
})
