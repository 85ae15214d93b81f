import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '../src/daemon/home.js'
import { record } from '../src/daemon/operations/record.js'
import { addPeer } from '../src/daemon/peers.js'
import { openRuntime } from '../src/daemon/runtime.js'
import { runHoldfast, startDaemonProcess, type Ended, type RunningDaemon } from './child.js'
import { benchEnvironment, benchHome, silentIo } from './recording-home.js'
import type { BenchSshd } from './sshd.js'

/** One of two hosts: the folder where its user's files are, and its own Holdfast. */
export interface BenchHost {
  readonly user: string
  readonly home: Home
  readonly env: Record<string, string>
}

export interface PairOptions {
  /** Is made. */
  readonly folder: string
  readonly program: string
  readonly sshd: BenchSshd
  /** A name that the server has in the ssh config. */
  readonly alias: string
  /** The near host's user folder, where it is not one in `folder`. */
  readonly nearUser?: string
}

/** The link that is measured: Holdfast's own, or the system's `ssh` where HOLDFAST_BENCH_LINK is `exec`. */
export const measuredLink = process.env['HOLDFAST_BENCH_LINK'] === 'exec' ? 'exec:ssh' : 'ssh://'

/** Folders of agents that are there on a host where each was used once. */
const agentFolders = ['.claude/projects', '.claude/todos', '.claude/tasks', '.codex/sessions', '.gemini/tmp']

/** Two hosts with one Holdfast each, of which the near one knows the far one as its peer `far`. */
export class SyncPair {
  readonly near: BenchHost
  readonly far: BenchHost
  readonly #program: string
  readonly #alias: string

  constructor({ folder, program, sshd, alias, nearUser }: PairOptions) {
    mkdirSync(folder, { recursive: true })
    this.#program = program
    this.#alias = alias
    const path = `${sshd.binFolder}:${process.env['PATH'] ?? ''}`
    const host = (name: string, user: string): BenchHost => {
      const place = join(folder, name)
      mkdirSync(place)
      for (const each of agentFolders) mkdirSync(join(user, each), { recursive: true, mode: 0o700 })
      const env = { ...benchEnvironment(place, user), PATH: path, HOLDFAST_NAME: name }
      return { user, env, home: { ...benchHome(place, user), hostName: name } }
    }
    this.near = host('near', nearUser ?? join(folder, 'near-user'))
    this.far = host('far', join(folder, 'far-user'))
  }

  /** Makes the far host the near one's peer. A daemon that runs at the near host meets it at once. */
  async connect(): Promise<void> {
    const { HOME = '', HOLDFAST_HOME = '', HOLDFAST_NAME = '' } = this.far.env
    const far = `env HOME=${HOME} HOLDFAST_HOME=${HOLDFAST_HOME} HOLDFAST_NAME=${HOLDFAST_NAME}`
    const command = `${far} ${process.execPath} ${this.#program}`
    await addPeer(this.near.home, {
      name: 'far',
      direction: 'both',
      ...(measuredLink === 'ssh://'
        ? { url: `ssh://${this.#alias}`, holdfastPath: command }
        : { url: `exec:ssh ${this.#alias} ${command} serve --stdio` }),
    })
  }

  /** Records in this process all that is new at the near host. */
  async record(): Promise<void> {
    const runtime = await openRuntime({ home: this.near.home, mode: 'write' })
    try {
      await record(runtime, {}, silentIo)
    } finally {
      await runtime.close()
    }
  }

  /** Runs a command of the near host to its end. */
  run(...args: readonly string[]): Promise<Ended> {
    return runHoldfast(this.#program, args, this.near.env)
  }

  startDaemon({ env }: BenchHost): RunningDaemon {
    return startDaemonProcess(this.#program, env)
  }
}
