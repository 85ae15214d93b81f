/** Runs the benchmarks: `npm run bench -- [--tiny] [--size tiny|S|M|L] [--only NAME]… [--json]`. */
import { parseArgs } from 'node:util'
import { corpusSizes, isCorpusSize } from '../test/fixtures-gen/corpus.js'
import { benchNames, loadBench } from './discover.js'
import { renderLines, renderTable } from './report.js'

const { values } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    size: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
})
const known = benchNames()
const unknown = values.only.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exitCode = 2
} else if (values.size !== undefined && !isCorpusSize(values.size)) {
  console.error(`no such size: ${values.size}; there are: ${Object.keys(corpusSizes).join(', ')}`)
  process.exitCode = 2
} else {
  for (const name of values.only.length > 0 ? values.only : known) {
    const run = await loadBench(name)
    const results = await run({
      tiny: values.tiny,
      ...(values.size === undefined ? {} : { size: values.size }),
    })
    console.log(values.json ? renderLines(name, results) : `${name}\n${renderTable(results)}\n`)
  }
}
