import { join } from 'node:path'
import type { StatusResult } from '../src/daemon/operations/status.js'
import { corpusSizes } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'
import { buildProgram } from './built.js'
import { runHoldfast, startDaemonProcess } from './child.js'
import { compare, type BenchOptions, type BenchResult } from './harness.js'
import { benchEnvironment, benchHome } from './recording-home.js'
import { withScratch } from './scratch.js'

/** Whole processes: what a person waits for who asks a running daemon, against the least that any command takes. */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  return withScratch(async (folder) => {
    const program = await buildProgram(join(folder, 'program'))
    const userHome = join(folder, 'user')
    writeCorpus(userHome, { seed: 1, ...corpusSizes.tiny })
    benchHome(folder, userHome)
    const env = benchEnvironment(folder, userHome)
    const daemon = startDaemonProcess(program, env)
    try {
      await daemon.caughtUp
      const status = await compare({
        name: 'status of a running daemon',
        a: {
          name: 'holdfast --version',
          run: () => runHoldfast(program, ['--version'], env),
          digest: ({ stdout }) => stdout.trim(),
        },
        b: {
          name: 'holdfast status',
          run: () => runHoldfast(program, ['status', '--json'], env),
          digest: ({ stdout }) => {
            const { events, bytes, recording } = JSON.parse(stdout) as StatusResult
            return `${events} events, ${bytes} bytes${recording ? ', recording' : ''}`
          },
        },
        rounds: tiny ? 1 : 15,
        sameResult: false,
      })
      return [status]
    } finally {
      await daemon.stop()
    }
  })
}
