import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { call } from '../../src/daemon/call.js'
import { connectControl } from '../../src/daemon/control-client.js'
import { findHome } from '../../src/daemon/home.js'
import type { Home } from '../../src/daemon/home.js'
import type { OperationIo } from '../../src/daemon/operation.js'
import { livingDaemon } from '../../src/daemon/pid-file.js'
import { socketPlace } from '../../src/daemon/socket-path.js'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Outcome {
  /** null where a signal ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of this test: it alone is ever signalled. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
}

export interface MachineOptions {
  /** Default: a folder of the machine. */
  readonly holdfastHome?: string
  /** The user's home directory. Default: a folder of the machine. */
  readonly userHome?: string
  /** The user whom the machine belongs to. Default: the one who runs the test. */
  readonly uid?: number
  /** A program that runs the command line instead of being it: gets node, the script and the arguments. */
  readonly through?: readonly [program: string, ...args: string[]]
}

/** A machine of its own: a home directory with sessions and a Holdfast that lives in real processes. */
export class Machine {
  readonly folder: string
  /** The user's home directory: sessions are below. */
  readonly userHome: string
  readonly home: Home
  readonly #env: Readonly<Record<string, string>>
  readonly #uid: number | undefined
  readonly #through: readonly string[]
  readonly #running = new Set<Running>()

  constructor(options: MachineOptions = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'hf-crash-'))
    this.userHome = options.userHome ?? join(this.folder, 'user')
    mkdirSync(this.userHome, { recursive: true, mode: 0o700 })
    this.#env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.userHome,
      HOLDFAST_HOME: options.holdfastHome ?? join(this.folder, 'holdfast'),
      HOLDFAST_NAME: 'crashing',
    }
    this.#uid = options.uid
    this.#through = options.through ?? []
    if (options.uid !== undefined)
      for (const folder of [this.folder, this.userHome]) chownSync(folder, options.uid, options.uid)
    this.home = findHome(this.#env)
  }

  /** Runs the built command line. */
  spawn(args: readonly string[]): Running {
    const [program, ...rest] = [...this.#through, process.execPath, bin, ...args]
    if (program === undefined) throw new Error('there is a program')
    const child = spawn(program, rest, {
      env: this.#env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(this.#uid === undefined ? {} : { uid: this.#uid, gid: this.#uid }),
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, stdout, stderr }))
    })
    const running = { child, ended }
    this.#running.add(running)
    void ended.finally(() => this.#running.delete(running)).catch(() => undefined)
    return running
  }

  run(...args: string[]): Promise<Outcome> {
    return this.spawn(args).ended
  }

  /** Runs a command with --json. Throws unless it exits with `code`. */
  async json<R>(args: readonly string[], code = 0): Promise<R> {
    const outcome = await this.run(...args, '--json')
    if (outcome.code !== code) {
      const { stdout, stderr } = outcome
      throw new Error(`${args.join(' ')}: exit ${outcome.code}, not ${code}\n${stdout}${stderr}${this.log()}`)
    }
    return JSON.parse(outcome.stdout) as R
  }

  /** Runs the daemon in the foreground, as a service would. Resolves when it records. */
  async startDaemon(): Promise<Running> {
    const running = this.spawn(['daemon', 'run'])
    let outcome: Outcome | null = null
    void running.ended.then((ended) => (outcome = ended))
    for (;;) {
      if (outcome !== null) throw new Error(`the daemon ended: ${JSON.stringify(outcome)}`)
      if (await this.#ready()) return running
      await sleep(10)
    }
  }

  async #ready(): Promise<boolean> {
    try {
      const connection = await connectControl(socketPlace(this.home).path)
      if (connection === undefined) return false
      await connection.call('daemon.ready', null, quiet())
      return true
    } catch {
      // It went away again; the caller sees that at its process.
      return false
    }
  }

  /** Runs an operation as a command does: in the daemon, or here where none runs. `onBytes` gets binary output. */
  call<R>(name: string, args: unknown, onBytes?: (chunk: Uint8Array) => void): Promise<R> {
    return call<R>(this.home, name, args, quiet(onBytes))
  }

  /** The pid of the daemon of this machine, whoever of us started it. */
  daemonPid(): number | null {
    return livingDaemon(this.home.pidFile)?.pid ?? null
  }

  /** kill -9, and waits until the process is gone. */
  async killDaemon(): Promise<void> {
    const pid = this.daemonPid()
    if (pid === null) return
    process.kill(pid, 'SIGKILL')
    // Its last thread holds socket and store a little longer than the process is there.
    while (this.daemonPid() === pid || (await this.#answers())) await sleep(2)
  }

  async #answers(): Promise<boolean> {
    try {
      const connection = await connectControl(socketPlace(this.home).path)
      connection?.close()
      return connection !== undefined
    } catch {
      return true
    }
  }

  /** The end of the daemon's log, for a failure's message. */
  log(): string {
    try {
      return readFileSync(this.home.logFile, 'utf8').split('\n').slice(-15).join('\n')
    } catch {
      return ''
    }
  }

  /** Ends what still runs and removes all. */
  async dispose(): Promise<void> {
    await this.killDaemon()
    for (const { child, ended } of this.#running) {
      child.kill('SIGKILL')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** kill -9 of a process of this test. Returns whether it still ran. */
export async function killHard({ child, ended }: Running): Promise<boolean> {
  const ran = child.exitCode === null && child.signalCode === null
  child.kill('SIGKILL')
  await ended
  return ran
}

function quiet(onBytes?: (chunk: Uint8Array) => void): OperationIo {
  const signal = new AbortController().signal
  return { progress: () => undefined, bytes: async (chunk) => onBytes?.(chunk), signal }
}
