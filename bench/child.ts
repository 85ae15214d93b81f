import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { processFigures } from './process-figures.js'

export interface Ended {
  readonly stdout: string
  readonly peakMB: number
}

const sampleEveryMs = 10

/** Runs a command of Holdfast in a process of its own, to its end. Rejects where its exit code is not 0. */
export function runHoldfast(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, peakMB] = ['', '', 0]
    const sample = (): void => {
      const figures = child.pid === undefined ? undefined : processFigures(child.pid)
      peakMB = Math.max(peakMB, figures?.peakMB ?? 0)
    }
    const samples = setInterval(sample, sampleEveryMs)
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(samples)
      if (code === 0) resolve({ stdout, peakMB })
      else reject(new Error(`holdfast ${args.join(' ')}: exit ${code}\n${stderr}`))
    })
  })
}

export interface NodeProcess {
  readonly pid: number
}

export interface RunningDaemon extends NodeProcess {
  /** Resolves when all that was there at the start is recorded. */
  readonly caughtUp: Promise<void>
  stop(): Promise<void>
}

/** Starts `daemon run` in a process of its own. */
export function startDaemonProcess(program: string, env: Readonly<Record<string, string>>): RunningDaemon {
  const child = spawn(process.execPath, [program, 'daemon', 'run'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const { pid } = child
  if (pid === undefined) throw new Error('the daemon did not start')
  return {
    pid,
    caughtUp: saying(child, 'caught up'),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function saying(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes(words)) resolve()
    })
    child.once('close', () => reject(new Error(`the daemon ended:\n${said}`)))
  })
}

/** A Node process that does nothing but wait: the least that a daemon of this kind can take. */
export async function startBareNode(): Promise<NodeProcess & { stop(): void }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1 << 30)'], { stdio: 'ignore' })
  if (child.pid === undefined) throw new Error('node did not start')
  await sleep(200)
  return { pid: child.pid, stop: () => void child.kill('SIGKILL') }
}
