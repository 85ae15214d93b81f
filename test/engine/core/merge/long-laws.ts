/**
 * The laws on many histories: `npx tsx test/engine/core/merge/long-laws.ts --histories 100000 [--from N]`. Prints what
 * it ran, one line a kind, and every history that breaks a law; exits 1 where one did.
 */
import { parseArgs } from 'node:util'
import { performance } from 'node:perf_hooks'
import { checkHistory, type Temper } from './check-history.js'
import { formatNames } from './formats.js'

const { values } = parseArgs({
  options: { histories: { type: 'string', default: '100000' }, from: { type: 'string', default: '0' } },
})
const tempers: readonly Temper[] = ['tame', 'wild']
const kinds = formatNames.flatMap((name) => tempers.map((temper) => ({ name, temper })))
const each = Math.ceil(Number(values.histories) / kinds.length)
const from = Number(values.from)
let broken = 0
const started = performance.now()
for (const { name, temper } of kinds) {
  const began = performance.now()
  for (let seed = from; seed < from + each; seed++) {
    try {
      checkHistory(name, temper, seed)
    } catch (error) {
      broken++
      process.stdout.write(`${(error as Error).message.slice(0, 2000)}\n`)
    }
  }
  process.stdout.write(
    `${name} ${temper}: ${each} histories, ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
  )
}
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(`${each * kinds.length} histories from seed ${from}, ${broken} broken, ${seconds} s\n`)
process.exitCode = broken > 0 ? 1 : 0
