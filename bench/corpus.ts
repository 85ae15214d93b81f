/** Writes a generated tree of session files: `npx tsx bench/corpus.ts --out DIR --size tiny|S|M|L [--seed N]`. */
import { parseArgs } from 'node:util'
import { corpusSizes, isCorpusSize } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    size: { type: 'string', default: 'tiny' },
    seed: { type: 'string', default: '1' },
  },
})
if (values.out === undefined || !isCorpusSize(values.size)) {
  console.error(
    `usage: tsx bench/corpus.ts --out DIR --size ${Object.keys(corpusSizes).join('|')} [--seed N]`,
  )
  process.exitCode = 2
} else {
  const { files, bytes, digest } = writeCorpus(values.out, { seed: values.seed, ...corpusSizes[values.size] })
  console.log(`${files} files, ${bytes} bytes, digest ${digest}`)
}
