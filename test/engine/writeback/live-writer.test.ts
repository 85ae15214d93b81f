import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { slugOf } from '../../../src/engine/core/slug.js'
import type { Files } from '../../../src/engine/ports/files.js'
import type { AgentProcess, Processes } from '../../../src/engine/ports/processes.js'
import type { LiveCheck } from '../../../src/engine/writeback/live-decision.js'
import { LiveWriters } from '../../../src/engine/writeback/live-writer.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { createProcesses } from '../../../src/platform/node-processes.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { ManualClock } from '../../store/databases.js'

const session = 'aaaaaaaa-0000-4000-8000-000000000001'
const quietMs = 2000

let folder: string
let project: string
let path: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-live-')))
  const work = join(folder, 'work')
  project = join(folder, '.claude/projects', slugOf(work))
  for (const made of [work, project, join(folder, '.claude/sessions')]) mkdirSync(made, { recursive: true })
  path = join(project, `${session}.jsonl`)
  writeFileSync(path, '{}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const checkOf = (change: Partial<LiveCheck> = {}): LiveCheck => ({
  path,
  agent: 'claude',
  sessions: [session],
  cwd: join(folder, 'work'),
  exists: true,
  existsSinceMs: null,
  lastForeignChangeMs: null,
  ...change,
})

/** Age the file and its folder, as if nobody had touched them for long. */
const settle = (name: string, seconds: number): void => utimesSync(name, seconds, seconds)

describe('LiveWriters', () => {
  const clock = new ManualClock()
  let holders: Map<string, number[]>
  let agents: AgentProcess[]
  let passes: number
  const processes: Processes = {
    holders: (paths) => {
      passes += 1
      return { known: true, byPath: new Map([...holders].filter(([held]) => paths.includes(held))) }
    },
    agents: (also = []) => ({
      known: true,
      list: agents.filter(({ agent, pid }) => agent !== null || also.includes(pid)),
    }),
  }
  const survey = (files: Files = createNodeFiles()) =>
    new LiveWriters({ files, processes, clock, claudeFolders: [join(folder, '.claude')] }).survey()

  beforeEach(() => {
    clock.nowMs = 1_800_000_000_000
    holders = new Map()
    agents = []
    passes = 0
  })

  it('is quiet where nothing speaks against it', () => {
    expect(survey().liveness(checkOf(), quietMs)).toEqual({ live: false })
    // Nobody holds what is not there.
    expect(survey().liveness(checkOf({ exists: false }), quietMs)).toEqual({ live: false })
    expect(passes).toBe(1)
  })

  it('names who holds a file open, and asks anew each time', () => {
    agents = [{ pid: 9, agent: 'claude', cwd: null, startedMs: null, args: [] }]
    const now = survey()
    expect(now.liveness(checkOf(), quietMs).live).toBe(false)
    holders.set(path, [7, 9])
    expect(now.liveness(checkOf(), quietMs)).toEqual({
      live: true,
      kind: 'open',
      reason: 'open in process 7, 9 (claude)',
      pid: 7,
      retryAfterMs: 500,
    })
    expect(now.heldOpen(path).live).toBe(true)
    passes = 0
    expect([...now.openPaths(['/x', path]).keys()]).toEqual([path])
    expect(now.signs(checkOf(), quietMs).live).toBe(false)
    expect(passes).toBe(1)
  })

  it('goes by the other signs where the system tells nothing', () => {
    const blind: Processes = {
      holders: () => ({ known: false, byPath: new Map() }),
      agents: () => ({ known: false, list: [] }),
    }
    const tools = { files: createNodeFiles(), processes: blind, clock, claudeFolders: [] }
    const look = (check: LiveCheck) => new LiveWriters(tools).survey().liveness(check, quietMs)
    expect(look(checkOf())).toEqual({ live: false })
    expect(look(checkOf({ lastForeignChangeMs: clock.nowMs }))).toMatchObject({ kind: 'recent' })
  })

  it('takes a registered process of another name for an agent', () => {
    const startedMs = clock.nowMs - 60_000
    const entry = join(folder, '.claude/sessions/9.json')
    writeFileSync(entry, JSON.stringify({ sessionId: session, startedAt: startedMs + 1000 }))
    settle(entry, clock.nowMs / 1000)
    expect(survey().liveness(checkOf(), quietMs).live).toBe(false)
    agents = [{ pid: 9, agent: null, cwd: null, startedMs, args: [] }]
    expect(survey().liveness(checkOf(), quietMs)).toMatchObject({ kind: 'registry', pid: 9 })
    expect(survey().agents).toMatchObject([{ pid: 9, agent: 'claude' }])
  })

  it('waits for the quiet time after somebody’s change', () => {
    const after = (ms: number) =>
      survey().liveness(checkOf({ lastForeignChangeMs: clock.nowMs - ms }), quietMs)
    expect(after(800)).toEqual({
      live: true,
      kind: 'recent',
      reason: 'written 0.8 s ago',
      retryAfterMs: 1200,
    })
    expect(after(1999.5)).toMatchObject({ live: true, retryAfterMs: 1 })
    expect(after(2000)).toEqual({ live: false })
  })

  it('does not hold a file of the far future for ever', () => {
    const writers = new LiveWriters({ files: createNodeFiles(), processes, clock, claudeFolders: [] })
    const future = checkOf({ lastForeignChangeMs: clock.nowMs + 1e9 })
    const look = (check = future) => writers.survey().liveness(check, quietMs)
    expect(look()).toMatchObject({ kind: 'recent', retryAfterMs: 2000 })
    clock.nowMs += 1500
    expect(look()).toMatchObject({ kind: 'recent', retryAfterMs: 500 })
    clock.nowMs += 500
    expect(look().live).toBe(false)
    // Changed once more, it counts once more.
    expect(look(checkOf({ lastForeignChangeMs: clock.nowMs + 2e9 })).live).toBe(true)
    clock.nowMs -= 1e6
    expect(look(checkOf({ lastForeignChangeMs: clock.nowMs + 3e9 })).live).toBe(true)
  })

  describe('heeds what stands beside a file', () => {
    const minuteAgo = (minutes: number) => clock.nowMs / 1000 - minutes * 60
    const at = (name: string, minutes = 1): void => {
      writeFileSync(join(project, name), '')
      settle(join(project, name), minuteAgo(minutes))
    }
    const file = `${session}.jsonl`

    it.each([`${file}.lock`, `${session}.lock`, `.${file}.swp`, `${file}.tmp`, `${file}.tmp.12.34`])(
      '%s',
      (name) => {
        at(name)
        const kind = 'lock'
        expect(survey().liveness(checkOf(), quietMs)).toMatchObject({ kind, reason: `lock file ${name}` })
        expect(survey().liveness(checkOf({ exists: false }), quietMs)).toMatchObject({ kind })
        settle(join(project, name), minuteAgo(10))
        expect(survey().liveness(checkOf(), quietMs).live).toBe(false)
      },
    )

    it('also a lock that is a folder', () => {
      mkdirSync(join(project, `${file}.lock`))
      settle(join(project, `${file}.lock`), minuteAgo(1))
      expect(survey().liveness(checkOf(), quietMs)).toMatchObject({ kind: 'lock' })
    })

    it.each(['other.jsonl.lock', 'other.jsonl', `.holdfast-${file}`, `${file}x`, `${file}.swap`])(
      'not %s',
      (name) => {
        at(name)
        expect(survey().liveness(checkOf(), quietMs).live).toBe(false)
      },
    )

    it('lists a folder once where it does not change, and sees what comes', () => {
      const real = createNodeFiles()
      let lists = 0
      const files: Files = {
        ...real,
        list: (listed) => {
          if (listed === project) lists += 1
          return real.list(listed)
        },
      }
      settle(project, minuteAgo(5))
      const now = survey(files)
      for (let i = 0; i < 3; i++) expect(now.liveness(checkOf(), quietMs).live).toBe(false)
      expect(lists).toBe(1)
      at(`${file}.lock`)
      settle(project, minuteAgo(4))
      expect(now.liveness(checkOf(), quietMs).live).toBe(true)
      expect(lists).toBe(2)
    })

    it('lists a folder again that changed just before', () => {
      settle(project, clock.nowMs / 1000)
      const now = survey()
      expect(now.liveness(checkOf(), quietMs).live).toBe(false)
      at(`${file}.lock`)
      settle(project, clock.nowMs / 1000)
      expect(now.liveness(checkOf(), quietMs).live).toBe(true)
    })
  })
})

describe.runIf(process.platform === 'linux')('LiveWriters, with real processes', () => {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child)
  })

  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** An agent that does `script`, once for each line of its input, in the session's directory. */
  const agent = async (script: string, cwd = join(folder, 'work')): Promise<ChildProcess> => {
    const program = `const fs = require('fs'); process.stdin.on('data', () => {
      ${script}; console.log('done') }); console.log('ready')`
    const child = spawn(process.execPath, ['-e', program], {
      argv0: 'claude',
      env: { ...process.env, FILE: path },
      cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    await once(child.stdout, 'data')
    return child
  }
  const step = async (child: ChildProcess): Promise<void> => {
    child.stdin?.write('\n')
    await once(child.stdout!, 'data')
  }
  const look = (change: Partial<LiveCheck>, quietTimeMs = 0) =>
    new LiveWriters({
      files: createNodeFiles(),
      processes: createProcesses(),
      clock: systemClock,
      claudeFolders: [join(folder, '.claude')],
    })
      .survey()
      .liveness(checkOf(change), quietTimeMs)

  it('sees who holds a file open, from wherever', async () => {
    const child = await agent(`fs.openSync(process.env.FILE, 'a')`, folder)
    expect(look({}).live).toBe(false)
    await step(child)
    expect(look({})).toMatchObject({ kind: 'open', reason: `open in process ${child.pid} (claude)` })
    await end(child)
    expect(look({}).live).toBe(false)
  })

  it('sees who opens, appends and closes, until he ends', async () => {
    const existsSinceMs = Date.now() + 60_000
    const child = await agent(`fs.appendFileSync(process.env.FILE, '{}\\n')`)
    // A file that came after the process began, and that only we wrote so far.
    expect(look({ existsSinceMs }).live).toBe(false)
    expect(look({})).toMatchObject({ kind: 'agent', pid: child.pid })
    await step(child)
    const lastForeignChangeMs = statSync(path).mtimeMs
    expect(look({ existsSinceMs, lastForeignChangeMs })).toMatchObject({ kind: 'agent', pid: child.pid })
    await end(child)
    expect(look({ existsSinceMs, lastForeignChangeMs }).live).toBe(false)
    expect(look({ existsSinceMs, lastForeignChangeMs }, 60_000)).toMatchObject({ kind: 'recent' })
  })

  it('believes the registry, until the process ends', async () => {
    const child = await agent('0', folder)
    const entry = join(folder, `.claude/sessions/${child.pid}.json`)
    writeFileSync(entry, JSON.stringify({ pid: child.pid, sessionId: session, cwd: '/elsewhere' }))
    expect(look({})).toMatchObject({ kind: 'registry', pid: child.pid })
    expect(look({ sessions: ['another'] }).live).toBe(false)
    // What a process of the same pid left behind long ago.
    settle(entry, 1000)
    expect(look({}).live).toBe(false)
    settle(entry, Date.now() / 1000)
    expect(look({}).live).toBe(true)
    await end(child)
    expect(look({}).live).toBe(false)
  })
})
