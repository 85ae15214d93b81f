import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { record } from '../src/daemon/operations/record.js'
import { replay } from '../src/daemon/operations/replay.js'
import { openRuntime, type Runtime } from '../src/daemon/runtime.js'
import { corpusSizes } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'
import { compare, type BenchOptions, type BenchResult, type Contender } from './harness.js'
import { benchHome, silentIo } from './recording-home.js'
import { withScratch } from './scratch.js'
import { durableCopy, treeDigest } from './trees.js'

/**
 * Rebuilding every file from the log, durable, against a copy of a tree with the same files; and the check of the whole
 * log (sums, chain, density, index) against reading and hashing the files that it is made of.
 */
export async function run({
  tiny,
  size = tiny ? 'tiny' : 'M',
}: BenchOptions): Promise<readonly BenchResult[]> {
  return withScratch(async (folder) => {
    const userHome = join(folder, 'user')
    const { bytes } = writeCorpus(userHome, { seed: 1, ...corpusSizes[size] })
    const runtime = await openRuntime({ home: benchHome(folder, userHome), mode: 'write' })
    try {
      await record(runtime, {}, silentIo)
      // Replay lays files out by root: what is copied beside it is laid out alike.
      const source = join(folder, 'source')
      await replay(runtime, { to: source, verify: true }, silentIo)
      const options = { rounds: tiny ? 1 : 3, bytes }
      const a = durableCopy(source, join(folder, 'copy'))
      const b = replayer(runtime, join(folder, 'replayed'))
      return [
        await compare({ ...options, name: `replay ${size}`, a, b }),
        await compare({
          ...options,
          name: `check ${size}`,
          a: fileHash(userHome),
          b: checker(runtime),
          sameResult: false,
        }),
      ]
    } finally {
      await runtime.close()
    }
  })
}

function replayer(runtime: Runtime, to: string): Contender<string> {
  return {
    name: 'holdfast replay',
    prepare: () => rm(to, { recursive: true, force: true }),
    run: async () => {
      await replay(runtime, { to, verify: false }, silentIo)
      return to
    },
    digest: treeDigest,
  }
}

function fileHash(folder: string): Contender<string> {
  return {
    name: 'read and SHA-256 each file',
    run: () => {
      const hash = createHash('sha256')
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) hash.update(readFileSync(join(entry.parentPath, entry.name)))
      }
      return hash.digest('hex')
    },
    digest: (hex) => hex,
  }
}

function checker({ store }: Runtime): Contender<number> {
  const own = store.reader.logs().find(({ writing }) => writing)
  if (!own) throw new Error('no log is being written')
  return {
    name: 'full check',
    run: async () => {
      let checked = 0
      for await (const damage of store.check(own.log, 0, true, (events) => (checked = events))) {
        throw new Error(`the log is damaged: ${JSON.stringify(damage)}`)
      }
      return checked
    },
    digest: (events) => `${events} ${Buffer.from(own.chain).toString('hex')}`,
    figures: (events) => ({ events }),
  }
}
