import { parseArgs } from 'node:util'
import { runRound } from './round.js'
import type { RoundCounts } from './round.js'
import { generatedSeries, realSeries } from './series.js'

/**
 * Many kills, on one machine after the other: `npx tsx test/crash/long.ts --kills 200 [--seed S]`. Each machine has a
 * seed of its own, which is printed first; `--seed THAT --kills 25` runs that machine alone. Timing is the system's, so
 * a seed gives the same sessions, damage and delays, but not the same interleaving.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    verbose: { type: 'boolean', default: false },
  },
})

const killsPerMachine = 25
const wanted = Number(values.kills)
const total: RoundCounts = { daemonKills: 0, recoverKills: 0, damaged: 0, restored: 0, recoveries: 0 }
const began = performance.now()
const real = realSeries()
const say = (line: string): void => void process.stdout.write(`${line}\n`)

say(`kills ${wanted}, first seed ${values.seed}, ${real ? 'real and generated' : 'generated'} sessions`)
for (let machine = 0; total.daemonKills + total.recoverKills < wanted; machine++) {
  const seed = Number(values.seed) + machine
  const left = wanted - total.daemonKills - total.recoverKills
  say(`seed ${seed}`)
  const counts = await runRound({
    seed,
    series: [...(real ?? []), ...generatedSeries(seed)],
    kills: Math.min(killsPerMachine, left),
    ...(values.verbose ? { say: (line: string) => say(`  ${line}`) } : {}),
  })
  for (const key of Object.keys(total) as (keyof RoundCounts)[]) total[key] += counts[key]
  say(`  ${JSON.stringify(counts)}`)
}
const seconds = Math.round((performance.now() - began) / 1000)
say(`${JSON.stringify(total)} in ${seconds} s: nothing acknowledged was lost`)
