import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { corpusSizes } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'
import { buildProgram } from './built.js'
import { startBareNode, startDaemonProcess, type NodeProcess } from './child.js'
import { spread } from './harness.js'
import type { BenchOptions, BenchResult, ContenderResult, Figures } from './harness.js'
import { processFigures, type ProcessFigures } from './process-figures.js'
import { benchEnvironment, benchHome } from './recording-home.js'
import { withScratch } from './scratch.js'
import { durableCopy, logSum } from './trees.js'

/** As long as the daemon's own rounds: each window has one. */
const windowMs = 30_000

/**
 * The daemon as a process of its own: its first import of a tree with the most memory that takes, against a durable
 * copy; then what it takes while nothing happens, against a Node process that only waits.
 */
export async function run({
  tiny,
  size = tiny ? 'tiny' : 'L',
}: BenchOptions): Promise<readonly BenchResult[]> {
  return withScratch(async (folder) => {
    const program = await buildProgram(join(folder, 'program'))
    const userHome = join(folder, 'user')
    const { bytes, files } = writeCorpus(userHome, { seed: 1, ...corpusSizes[size] })
    const home = benchHome(folder, userHome)
    const copy = durableCopy(userHome, join(folder, 'copy'))
    const copyStarted = performance.now()
    const copied = await copy.run()
    const copyMs = performance.now() - copyStarted
    const started = performance.now()
    const daemon = startDaemonProcess(program, benchEnvironment(folder, userHome))
    const resting = await startBareNode()
    try {
      await daemon.caughtUp
      const importMs = performance.now() - started
      const { peakMB } = figuresOf(daemon)
      const idle = await idleTimes([resting, daemon], tiny ? 50 : windowMs, tiny ? 1 : 3)
      await daemon.stop()
      const sum = await logSum(home)
      const imported = { peakMB, events: sum.events }
      return [
        result(`the daemon imports ${size}`, [
          contender(copy.name, [copyMs], await copy.digest(copied), {}, bytes),
          contender('holdfast daemon run', [importMs], sum.digest, imported, bytes),
        ]),
        result(`processor time at rest, ${files} files`, [
          contender('node that waits', idle.cpuMs[0], 'nothing', { memoryMB: idle.memoryMB[0] }),
          contender('holdfast daemon run', idle.cpuMs[1], sum.digest, { memoryMB: idle.memoryMB[1] }),
        ]),
      ]
    } finally {
      resting.stop()
      await daemon.stop()
    }
  })
}

type Pair<T> = readonly [T, T]

/** Processor time of two processes in each of some windows of time, in ms, and their memory at the end, in MB. */
async function idleTimes(
  [a, b]: Pair<NodeProcess>,
  eachMs: number,
  windows: number,
): Promise<{ cpuMs: Pair<number[]>; memoryMB: Pair<number> }> {
  const cpuMs: Pair<number[]> = [[], []]
  for (let window = 0; window < windows; window++) {
    const before = [figuresOf(a).cpuMs, figuresOf(b).cpuMs] as const
    await sleep(eachMs)
    cpuMs[0].push(figuresOf(a).cpuMs - before[0])
    cpuMs[1].push(figuresOf(b).cpuMs - before[1])
  }
  return { cpuMs, memoryMB: [figuresOf(a).memoryMB, figuresOf(b).memoryMB] }
}

function figuresOf({ pid }: NodeProcess): ProcessFigures {
  const figures = processFigures(pid)
  if (!figures) throw new Error(`process ${pid} has ended`)
  return figures
}

function contender(
  name: string,
  times: readonly number[],
  digest: string,
  figures: Figures,
  bytes?: number,
): ContenderResult {
  // A process at rest may take no time at all, and nobody tells a fraction of a millisecond from none.
  const ms = spread(times.map((time) => Math.max(time, 1)))
  const megabytesPerSecond = bytes === undefined ? null : bytes / 1000 / ms.median
  return { name, ms, megabytesPerSecond, digest, figures }
}

/** Of contenders that were measured at the same time, so that their medians can be compared. */
function result(name: string, contenders: Pair<ContenderResult>): BenchResult {
  const [a, b] = contenders
  const ratio = b.ms.median / a.ms.median
  return { name, rounds: 1, contenders, ratio: { median: ratio, min: ratio, max: ratio } }
}
