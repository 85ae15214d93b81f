import { describe, expect, it } from 'vitest'
import type { RegistryEntry } from '../../../src/engine/writeback/agent-sessions.js'
import { processSign, type LiveCheck, type Running } from '../../../src/engine/writeback/live-decision.js'
import type { AgentProcess } from '../../../src/engine/ports/processes.js'

const a = 'aaaaaaaa-0000-4000-8000-000000000001'
const b = 'bbbbbbbb-0000-4000-8000-000000000002'
const minute = 60_000
const startedMs = 100 * minute

/** A file that another host's events made here before the agent began, and that only we wrote. */
const file: LiveCheck = {
  path: `/home/me/.claude/projects/-home-me-x/${a}.jsonl`,
  agent: 'claude',
  sessions: [a],
  cwd: '/home/me/x',
  exists: true,
  existsSinceMs: startedMs - minute,
  lastForeignChangeMs: null,
}
const arrived: LiveCheck = { ...file, existsSinceMs: startedMs + minute }
const process: AgentProcess = { pid: 7, agent: 'claude', cwd: '/home/me/x', startedMs, args: [] }
const entry: RegistryEntry = { pid: 7, session: b, cwd: null, startedMs: null, mtimeMs: startedMs }

const sign = (check: LiveCheck, running: Partial<Running>) =>
  processSign(check, { agents: [], registry: [], sessionMtime: () => null, ...running })
const kind = (check: LiveCheck, running: Partial<Running>) => sign(check, running)?.kind ?? 'quiet'
const withAgent = (change: Partial<AgentProcess>): Partial<Running> => ({
  agents: [{ ...process, ...change }],
})

describe('processSign', () => {
  it('says who and why', () => {
    expect(sign(file, { registry: [{ ...entry, session: a }] })).toEqual({
      live: true,
      kind: 'registry',
      reason: 'claude (pid 7) has it open',
      pid: 7,
      retryAfterMs: 2000,
    })
    expect(sign(file, withAgent({ args: ['-r', a] }))?.reason).toBe('claude (pid 7) was started with it')
    expect(sign(file, withAgent({}))?.reason).toBe('claude (pid 7) runs in its project')
  })

  it('is quiet where nobody runs', () => expect(kind(file, {})).toBe('quiet'))

  it('heeds the registry for a file that is not there yet, and for what a session keeps beside it', () => {
    const registry = [{ ...entry, session: a }]
    expect(kind({ ...file, exists: false }, { registry })).toBe('registry')
    expect(kind({ ...file, sessions: ['agent-1', a] }, { registry })).toBe('registry')
    expect(kind({ ...file, sessions: ['agent-1', b] }, { registry })).toBe('quiet')
  })

  it.each([
    ['behind an option', ['--resume', a], 'agent'],
    ['behind a short one', ['-p', 'hello', '-r', a], 'agent'],
    ['in an option', [`--resume=${a}`], 'agent'],
    ['as a new one', ['--session-id', a], 'agent'],
    ['behind a command', ['resume', '-m', 'x', a], 'agent'],
    ['in a path', [`/home/me/.codex/sessions/rollout-x-${a}.jsonl`], 'agent'],
    ['another', ['--resume', b], 'quiet'],
    ['within words', ['-p', `what is ${a} about?`], 'quiet'],
  ])('heeds a session in the arguments: %s', (_, args, expected) => {
    expect(kind(arrived, withAgent({ args }))).toBe(expected)
    // It need not run in the project for that.
    expect(kind(arrived, withAgent({ args, cwd: null }))).toBe(expected)
  })

  it('takes a short name for a session only behind an option', () => {
    const short = { ...arrived, sessions: ['7'] }
    expect(kind(short, withAgent({ args: ['-m', '7'] }))).toBe('quiet')
    expect(kind(short, withAgent({ args: ['--resume', '7'] }))).toBe('agent')
    expect(kind(short, withAgent({ args: ['--resume=7'] }))).toBe('agent')
    expect(kind({ ...arrived, sessions: [''] }, withAgent({ args: ['--resume', ''] }))).toBe('quiet')
  })

  describe('of an agent in the project of which nothing tells the session', () => {
    it.each<[string, Partial<LiveCheck>, Partial<AgentProcess>, string]>([
      ['the file was there before', {}, {}, 'agent'],
      ['it may have been there before', { existsSinceMs: null }, {}, 'agent'],
      ['it came in the same moment', { existsSinceMs: startedMs + 20 }, {}, 'agent'],
      ['it came later, by us', { existsSinceMs: startedMs + minute }, {}, 'quiet'],
      ['it came later, by us, to one of unknown age', arrived, { startedMs: null }, 'agent'],
      ['it came later, by another', { ...arrived, lastForeignChangeMs: startedMs + minute }, {}, 'agent'],
      ['another changed it before', { ...arrived, lastForeignChangeMs: startedMs - minute }, {}, 'quiet'],
      ['it is not there', { exists: false, existsSinceMs: null }, {}, 'quiet'],
      ['it runs elsewhere', { cwd: '/home/me/x' }, { cwd: '/home/me/x/y' }, 'quiet'],
      ['its place is not known', {}, { cwd: null }, 'quiet'],
      ['the directory goes through a link', { cwd: '/link/x' }, {}, 'agent'],
      ['the directory is not known', { cwd: null }, {}, 'agent'],
      ['it is another agent', {}, { agent: 'codex' }, 'quiet'],
      ['it is no agent', {}, { agent: null }, 'quiet'],
    ])('%s', (_, known, change, expected) => {
      expect(kind({ ...file, ...known }, withAgent(change))).toBe(expected)
    })

    it.each([
      ['in its directory', '/home/me/y', '/home/me/y', 'agent'],
      ['elsewhere', '/home/me/y', '/home/me/z', 'quiet'],
      ['anywhere, where the directory is not known', null, '/home/me/z', 'agent'],
    ])('for a file without a slug: %s', (_, cwd, at, expected) => {
      const path = `/home/me/.codex/sessions/2026/11/21/rollout-${a}.jsonl`
      const codex = { ...file, path, agent: 'codex', cwd }
      expect(kind(codex, withAgent({ agent: 'codex', cwd: at }))).toBe(expected)
    })

    it('finds the project below folders that look like one', () => {
      const path = file.path.replace('/home/me/', '/-srv/a--b/')
      expect(kind({ ...file, path, cwd: null }, withAgent({}))).toBe('agent')
    })

    it('takes the directory of the registry where the system tells none', () => {
      const registry = [{ ...entry, session: null, cwd: '/home/me/x' }]
      expect(kind(file, { ...withAgent({ cwd: null }), registry })).toBe('agent')
    })
  })

  describe('of an agent in the project that is said to be on another session', () => {
    const changed = { ...file, lastForeignChangeMs: startedMs + 5 * minute }
    it.each<[string, LiveCheck, readonly string[], number | null, string]>([
      ['only we wrote the file', file, [], startedMs, 'quiet'],
      ['that session has no file yet', file, [], null, 'quiet'],
      ['it was told to go on with the last, and that one has no file', file, ['--continue'], null, 'agent'],
      ['it was told to go on, and that one has a file', file, ['--continue'], startedMs, 'quiet'],
      ['this one was changed after that one (a new session in it)', changed, [], startedMs, 'agent'],
      ['this one was changed, and that one has no file', changed, ['--continue'], null, 'agent'],
      ['that one was changed after this one', changed, [], startedMs + 6 * minute, 'quiet'],
      ['both changed at once', changed, [], startedMs + 5 * minute, 'agent'],
    ])('%s', (_, known, args, otherMs, expected) => {
      const asked: string[] = []
      const sessionMtime = (folder: string, session: string) => {
        asked.push(`${folder}/${session}`)
        return otherMs
      }
      expect(kind(known, { ...withAgent({ args }), registry: [entry], sessionMtime })).toBe(expected)
      expect(asked).toEqual([`/home/me/.claude/projects/-home-me-x/${b}`])
    })

    it('by its arguments, where there is no registry', () => {
      expect(kind(file, withAgent({ args: ['--resume', b] }))).toBe('agent')
      expect(kind(file, { ...withAgent({ args: ['--resume', b] }), sessionMtime: () => startedMs })).toBe(
        'quiet',
      )
      expect(kind(file, withAgent({ args: ['--session-id', b] }))).toBe('quiet')
    })

    it('of a subagent’s file, too', () => {
      const path = `/home/me/.claude/projects/-home-me-x/${a}/subagents/agent-1.jsonl`
      const sessionMtime = (folder: string) =>
        folder.endsWith('/-home-me-x') ? startedMs + 9 * minute : null
      expect(kind({ ...changed, path }, { ...withAgent({}), registry: [entry], sessionMtime })).toBe('quiet')
    })
  })
})
