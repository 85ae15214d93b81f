/** Kills syncs for as long as wanted: `npx tsx test/sync/long.ts [--kills 100] [--seed 1]`. Needs a built program. */
import { parseArgs } from 'node:util'
import { killRounds } from './kill-rounds.js'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(`seed ${values.seed}`)
const started = Date.now()
const { cut, wrong } = await killRounds(Number(values.kills), values.seed)
for (const each of wrong) say(`WRONG ${each}`)
const seconds = Math.round((Date.now() - started) / 1000)
say(`${values.kills} kills, ${cut} syncs cut short, ${wrong.length} differences, ${seconds} s`)
process.exitCode = wrong.length === 0 ? 0 : 1
