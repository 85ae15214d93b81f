import { expect, it } from 'vitest'
import { runRound } from './round.js'
import { generatedSeries, realSeries } from './series.js'

/** Set CRASH_SEED to the seed that a failure names. */
const seed = Number(process.env['CRASH_SEED'] ?? (Date.now() % 1_000_000) + 1)
const real = realSeries()
const what = real ? 'real sessions' : 'generated sessions, as no real ones are beside the project'

it(`loses nothing acknowledged when it is killed 10 times: ${what} (seed ${seed})`, async () => {
  const series = real ?? generatedSeries(`in place of real ones ${seed}`)
  const { daemonKills, recoverKills } = await runRound({ seed, series, kills: 10 })
  expect(daemonKills + recoverKills).toBeGreaterThanOrEqual(10)
}, 120_000)
