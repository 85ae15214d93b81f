import { expect, it } from 'vitest'
import { runRound } from './round.js'
import { generatedSeries } from './series.js'

/** Set CRASH_SEED to the seed that a failure names. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)

it(`loses nothing acknowledged when it is killed 10 times (seed ${seed})`, async () => {
  const { daemonKills, recoverKills } = await runRound({ seed, series: generatedSeries(seed), kills: 10 })
  expect(daemonKills + recoverKills).toBeGreaterThanOrEqual(10)
}, 120_000)
