import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHome } from '../../src/daemon/home.js'
import { record } from '../../src/daemon/operations/record.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { openRuntime } from '../../src/daemon/runtime.js'
import { generateCorpus } from '../fixtures-gen/corpus.js'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Outcome {
  /** null where a signal ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
}

/** A host of its own on this machine: a user's home with sessions, and a Holdfast that lives in real processes. */
export class SyncHome {
  readonly name: string
  readonly folder: string
  readonly userHome: string
  readonly holdfastHome: string
  /** Every session file by its place in the home, with what it holds. */
  readonly files = new Map<string, Buffer>()

  /** @param writes whether what peers send is put into its files; otherwise its log alone keeps it */
  constructor(name: string, { writes = false } = {}) {
    this.name = name
    this.folder = mkdtempSync(join(tmpdir(), `hf-${name}-`))
    this.userHome = join(this.folder, 'user')
    this.holdfastHome = join(this.folder, 'hf')
    mkdirSync(this.userHome, { mode: 0o700 })
    mkdirSync(this.holdfastHome, { mode: 0o700 })
    if (!writes)
      writeFileSync(join(this.holdfastHome, 'config.yaml'), 'write:\n  back: false\n', { mode: 0o600 })
  }

  get #env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.userHome,
      HOLDFAST_HOME: this.holdfastHome,
      HOLDFAST_NAME: this.name,
    }
  }

  /** The address by which another home reaches this one. The far end's process notes its id. */
  get url(): string {
    const env = Object.entries(this.#env).filter(([key]) => key !== 'PATH')
    const settings = env.map(([key, value]) => `${key}='${value}'`).join(' ')
    return `exec:echo $$ > '${this.#pidFile}'; exec env ${settings} '${process.execPath}' '${bin}' serve --stdio`
  }

  get #pidFile(): string {
    return join(this.folder, 'serve.pid')
  }

  /** The process that serves for another home, or served last. */
  servingPid(): number | null {
    return existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) || null : null
  }

  forgetServing(): void {
    rmSync(this.#pidFile, { force: true })
  }

  spawn(...args: string[]): Running {
    const child = spawn(process.execPath, [bin, ...args], {
      env: this.#env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, stdout, stderr }))
    })
    return { child, ended }
  }

  run(...args: string[]): Promise<Outcome> {
    return this.spawn(...args).ended
  }

  /** Runs a command with --json. Throws unless it exits with `code`. */
  async json<R>(args: readonly string[], code = 0): Promise<R> {
    const outcome = await this.run(...args, '--json')
    if (outcome.code !== code) {
      const { stdout, stderr } = outcome
      throw new Error(
        `${this.name}: ${args.join(' ')}: exit ${outcome.code}, not ${code}\n${stdout}${stderr}`,
      )
    }
    return JSON.parse(outcome.stdout) as R
  }

  /** Records what is new, in this very process: quicker than a command. */
  async record(): Promise<void> {
    const home = findHome(this.#env)
    prepareHome(home)
    const runtime = await openRuntime({ home, mode: 'write' })
    try {
      const signal = new AbortController().signal
      await record(runtime, {}, { progress: () => undefined, bytes: () => Promise.resolve(), signal })
    } finally {
      await runtime.close()
    }
  }

  /** Writes generated sessions into the user's home. */
  generate(seed: string, bytes: number, files: number): void {
    for (const each of generateCorpus({ seed, bytes, files })) this.append(each.path, each.bytes)
  }

  append(path: string, bytes: Uint8Array): void {
    const absolute = join(this.userHome, path)
    mkdirSync(dirname(absolute), { recursive: true })
    appendFileSync(absolute, bytes)
    this.files.set(path, Buffer.concat([this.files.get(path) ?? Buffer.alloc(0), bytes]))
  }

  /** Appends a line to one of the sessions. */
  say(text: string, index = 0): void {
    const sessions = [...this.files.keys()].filter((path) => path.endsWith('.jsonl')).toSorted()
    const path = sessions[index % sessions.length]
    if (path === undefined) throw new Error('there is no session')
    this.append(path, Buffer.from(`${JSON.stringify({ type: 'user', uuid: text, text })}\n`))
  }

  /** Keeps Holdfast's whole state, and puts it back later into the very same folders, as a machine's snapshot does. */
  snapshot(): () => void {
    const copy = join(this.folder, 'snapshot')
    cpSync(this.holdfastHome, copy, { recursive: true })
    return () => {
      for (const path of walk(this.holdfastHome)) rmSync(join(this.holdfastHome, path))
      for (const path of walk(copy))
        writeFileSync(join(this.holdfastHome, path), readFileSync(join(copy, path)))
    }
  }

  /** What a replay of a host rebuilds, by place below the folder. */
  async replay(host: string): Promise<Map<string, Buffer>> {
    const to = mkdtempSync(join(this.folder, 'replay-'))
    await this.json(['replay', '--host', host, '--to', to, '--verify'])
    const found = new Map(walk(to).map((path) => [path, readFileSync(join(to, path))]))
    rmSync(to, { recursive: true })
    return found
  }

  /** What a replay of this host must give: every session file that stands in the home now, by its place in a replay. */
  get expected(): Map<string, Buffer> {
    const found = walk(this.userHome).filter((path) => !path.includes('/.holdfast-'))
    return new Map(found.map((path) => [replayPath(path), readFileSync(join(this.userHome, path))]))
  }

  /** Sessions that this host's agent wrote and that are not as it left them. */
  get touched(): string[] {
    return [...this.files].flatMap(([path, bytes]) =>
      readFileSync(join(this.userHome, path)).equals(bytes) ? [] : [path],
    )
  }

  /** As on a machine that was set up anew: nothing of Holdfast is left. */
  beginAnew(): void {
    rmSync(this.holdfastHome, { recursive: true, force: true })
  }

  async dispose(): Promise<void> {
    if (existsSync(join(this.holdfastHome, 'run', 'daemon.pid'))) await this.run('daemon', 'stop')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const roots = [
  ['claude', '.claude/projects/'],
  ['claude-todos', '.claude/todos/'],
  ['claude-tasks', '.claude/tasks/'],
  ['codex', '.codex/'],
  ['gemini', '.gemini/tmp/'],
] as const

function replayPath(path: string): string {
  const [root, base] = roots.find(([, folder]) => path.startsWith(folder)) ?? ['', '']
  return `${root}/${path.slice(base.length)}`
}

function walk(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}
