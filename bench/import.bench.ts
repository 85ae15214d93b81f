import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { record, type RecordResult } from '../src/daemon/operations/record.js'
import { openRuntime } from '../src/daemon/runtime.js'
import { corpusSizes } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'
import { buildProgram } from './built.js'
import { runHoldfast } from './child.js'
import { compare, type BenchOptions, type BenchResult, type Contender, type Figures } from './harness.js'
import { benchEnvironment, benchHome, silentIo } from './recording-home.js'
import { withScratch } from './scratch.js'
import { durableCopy, logSum } from './trees.js'

interface Imported {
  readonly events: number
  readonly peak: Figures
}

/**
 * The first import of a tree of sessions into a new log, durable, against a copy of the same tree that is synced once.
 * Both must come to the same bytes: the log's are replayed for the digest.
 */
export async function run({
  tiny,
  size = tiny ? 'tiny' : 'M',
}: BenchOptions): Promise<readonly BenchResult[]> {
  return withScratch(async (folder) => {
    const program = await buildProgram(join(folder, 'program'))
    const userHome = join(folder, 'user')
    const { bytes } = writeCorpus(userHome, { seed: 1, ...corpusSizes[size] })
    const a = durableCopy(userHome, join(folder, 'copy'))
    const options = { a, bytes, rounds: tiny ? 1 : 3 }
    const process = importer('holdfast record', join(folder, 'process'), userHome, (...place) =>
      importByCommand(program, ...place),
    )
    const inside = importer('one sweep', join(folder, 'inside'), userHome, importHere)
    return [
      await compare({ ...options, name: `import ${size}, whole process`, b: process }),
      await compare({ ...options, name: `import ${size}, in process`, b: inside }),
    ]
  })
}

function importer(
  name: string,
  folder: string,
  userHome: string,
  work: (folder: string, userHome: string) => Promise<Imported>,
): Contender<Imported> {
  return {
    name,
    prepare: () => rm(folder, { recursive: true, force: true }),
    run: () => work(folder, userHome),
    digest: async ({ events }) => {
      const sum = await logSum(benchHome(folder, userHome))
      // The log's first event says whose it is; no import reports it.
      if (sum.events !== events + 1) throw new Error(`${events} events reported, ${sum.events} in the log`)
      return sum.digest
    },
    figures: ({ events, peak }) => ({ events, ...peak }),
  }
}

async function importByCommand(program: string, folder: string, userHome: string): Promise<Imported> {
  const { stdout, peakMB } = await runHoldfast(
    program,
    ['record', '--json'],
    benchEnvironment(folder, userHome),
  )
  const { events } = JSON.parse(stdout) as RecordResult
  return { events, peak: { peakMB } }
}

async function importHere(folder: string, userHome: string): Promise<Imported> {
  const runtime = await openRuntime({ home: benchHome(folder, userHome), mode: 'write' })
  try {
    const { events } = await record(runtime, {}, silentIo)
    return { events, peak: {} }
  } finally {
    await runtime.close()
  }
}
