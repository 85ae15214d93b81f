import { describe, expect, it } from 'vitest'
import { emptyProjectMap } from '../../../src/engine/core/project-map.js'
import { deriveStream } from '../../../src/engine/core/stream.js'
import { findFormat, formatNamed, formatNames, placeInFormat } from '../../../src/engine/formats/format.js'

describe('formatNamed', () => {
  it('knows every format by its name', () => {
    expect(formatNames).toEqual(['claude', 'codex', 'gemini', 'messages', 'lines', 'file'])
    for (const name of formatNames) expect(formatNamed(name).name).toBe(name)
  })

  it('lists the known for an unknown one', () => {
    expect(() => formatNamed('claud')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        next: 'The formats are claude, codex, gemini, messages, lines, file.',
      }),
    )
    expect(findFormat('claud')).toBeUndefined()
  })
})

const uuid = '019f1d64-a048-7e10-8a4d-fd6b9e9d7b34'
const rollout = `rollout-2026-07-01T11-16-12-${uuid}.jsonl`
const chat = 'session-2026-01-10T07-58-e0f3d3a9.json'

const merge = (format: string, path: string) => formatNamed(format).mergeOf(path)
const key = (name: string, path: string, home = '/home/me', cwd: string | null = null) => {
  const place = placeInFormat(formatNamed(name), path)
  return deriveStream({ root: name, format: name, path, home, cwd }, 'a', place, emptyProjectMap).key
}

describe('classify', () => {
  it.each<[string, string, 'log' | 'state' | null]>([
    ['claude', `-home-x/${uuid}.jsonl`, 'log'],
    ['claude', `-home-x/agent-a1b2.jsonl`, 'log'],
    ['claude', `-home-x/${uuid}/subagents/deep/agent-a1b2.jsonl`, 'log'],
    ['claude', `-home-x/${uuid}/subagents/agent-a1b2.meta.json`, 'state'],
    ['claude', `-home-x/${uuid}/tool-results/out.txt`, 'log'],
    ['claude', '-home-x/memory/MEMORY.md', 'log'],
    ['claude', 'stray.jsonl', 'log'],
    ['claude', `-home-x/.holdfast-kept/${uuid}.jsonl`, null],
    ['claude', `-home-x/.holdfast-write-1`, null],
    ['claude', '-home-x/.DS_Store', null],
    ['claude', `-home-x/._${uuid}.jsonl`, null],
    ['claude', `-home-x/${uuid}.jsonl.lock`, null],
    ['claude', `-home-x/${uuid}.jsonl.tmp`, null],
    ['claude', `-home-x/sessions-index.json.tmp.4711.1760000000000`, null],
    ['claude', `-home-x/.${uuid}.jsonl.swp`, null],
    ['claude', `-home-x/${uuid}.jsonl~`, null],
    ['claude', '-home-x/.nfs00000000deadbeef00000001', null],
    ['claude', '.git/objects/ab/cdef', null],
    ['claude', '-home-x/tmp.jsonl', 'log'],
    ['claude', '-home-x/a.tmpl.md', 'log'],
    ['codex', `sessions/2026/07/01/${rollout}`, 'log'],
    ['codex', `sessions/2026/07/01/${rollout}.zst`, 'log'],
    ['codex', `archived_sessions/${rollout}`, 'log'],
    ['codex', `sessions/2026/07/01/${rollout}.lock`, null],
    ['codex', `sessions/2026/07/01/notes.txt`, null],
    ['codex', 'history.jsonl', null],
    ['codex', 'auth.json', null],
    ['codex', `log/sessions/${rollout}`, null],
    ['gemini', `7e89/chats/${chat}`, 'log'],
    ['gemini', `7e89/chats/${chat}l`, 'log'],
    ['gemini', `7e89/chats/${uuid}/a.jsonl`, 'log'],
    ['gemini', '7e89/logs.json', 'log'],
    ['gemini', '7e89/shell_history', null],
    ['gemini', '7e89/x/logs.json', null],
    ['gemini', 'chats/x.json', null],
    ['messages', 'archive/session_20260101_000000.jsonl', 'log'],
    ['messages', 'any.log', 'log'],
    ['messages', '.DS_Store', null],
    ['lines', 'a/b/c.txt', 'log'],
    ['lines', 'a/b/c.txt.tmp', null],
    ['file', 'list/1.json', 'state'],
    ['file', 'list/.lock', null],
    ['file', 'list/.holdfast-x', null],
  ])('%s %s → %s', (format, path, expected) => {
    expect(formatNamed(format).classify(path)).toBe(expected)
  })
})

describe('mayHold', () => {
  it('prunes what the format never records, and nothing on the way to what it does', () => {
    const recorded: [string, string][] = [
      ['claude', `-home-x/${uuid}/subagents/deep/agent-a1b2.jsonl`],
      ['codex', `sessions/2026/07/01/${rollout}`],
      ['codex', `archived_sessions/${rollout}`],
      ['gemini', `7e89/chats/${uuid}/a.jsonl`],
      ['messages', 'a/b/c.jsonl'],
      ['file', 'a/b/c.json'],
    ]
    for (const [name, path] of recorded) {
      const format = formatNamed(name)
      expect(format.classify(path)).not.toBeNull()
      const folders = path.split('/').slice(0, -1)
      for (let depth = 0; depth <= folders.length; depth++) {
        expect(format.mayHold(folders.slice(0, depth).join('/')), `${name} ${depth}`).toBe(true)
      }
    }
    expect(formatNamed('codex').mayHold('log')).toBe(false)
    expect(formatNamed('codex').mayHold('sessions-old')).toBe(false)
    expect(formatNamed('gemini').mayHold('7e89/bin')).toBe(false)
    expect(formatNamed('claude').mayHold('.git')).toBe(false)
    expect(formatNamed('file').mayHold('a/.holdfast-kept')).toBe(false)
  })
})

describe('sessionId', () => {
  it.each([
    ['claude', `-home-x/${uuid}.jsonl`, uuid],
    ['claude', `-home-x/${uuid}/subagents/agent-a1b2.jsonl`, 'agent-a1b2'],
    ['claude', `-home-x/${uuid}/subagents/agent-a1b2.meta.json`, 'agent-a1b2'],
    ['claude', '-home-x/memory/MEMORY.md', 'MEMORY'],
    ['codex', `sessions/2026/07/01/${rollout}`, uuid],
    ['codex', `archived_sessions/${rollout}.zst`, uuid],
    ['codex', 'sessions/odd.jsonl.zst', 'odd'],
    ['gemini', `7e89/chats/${chat}`, 'e0f3d3a9'],
    ['gemini', '7e89/logs.json', 'logs'],
    ['messages', 'archive/session_20260101_000000.jsonl', 'session_20260101_000000'],
    ['lines', 'x/.hidden', '.hidden'],
    ['file', `${uuid}-agent-${uuid}.json`, `${uuid}-agent-${uuid}`],
    ['file', `${uuid}/1.json`, `${uuid}/1`],
  ])('%s %s → %s', (format, path, id) => {
    expect(formatNamed(format).sessionId(path)).toBe(id)
  })
})

describe('projectFolder', () => {
  it.each([
    ['claude', `-home-x/${uuid}/subagents/agent-a.jsonl`, '-home-x'],
    ['claude', `C--Users-me-x/${uuid}.jsonl`, 'C--Users-me-x'],
    ['claude', `sample-project/${uuid}.jsonl`, 'sample-project'],
    ['claude', `me/.claude/projects/-home-me-x/${uuid}.jsonl`, 'me/.claude/projects/-home-me-x'],
    ['claude', 'stray.jsonl', ''],
    ['codex', `sessions/2026/07/01/${rollout}`, ''],
    ['gemini', `7e89/chats/${chat}`, '7e89'],
    ['messages', 'a/b.jsonl', ''],
    ['file', 'a/b.json', ''],
  ])('%s %s → %s', (format, path, folder) => {
    expect(formatNamed(format).projectFolder(path)).toBe(folder)
  })
})

describe('merge and recoding', () => {
  it('takes as records only what is made of them', () => {
    expect(merge('claude', `-x/${uuid}.jsonl`)).toBe('tree')
    expect(merge('claude', `-x/${uuid}/tool-results/a.jsonl`)).toBe('whole')
    expect(merge('claude', '-x/memory/MEMORY.md')).toBe('whole')
    expect(merge('codex', `sessions/${rollout}`)).toBe('ordered')
    expect(merge('codex', `sessions/${rollout}.zst`)).toBe('whole')
    expect(merge('gemini', `7e89/chats/${chat}`)).toBe('ordered')
    expect(merge('messages', 'a.jsonl')).toBe('records')
    expect(merge('lines', 'a.log')).toBe('ordered')
    expect(merge('file', '1.json')).toBe('whole')
  })

  it('knows where Codex puts its recompressed copy', () => {
    expect(formatNamed('codex').recodedPath(`sessions/${rollout}`)).toBe(`sessions/${rollout}.zst`)
    expect(formatNamed('codex').recodedPath(`sessions/${rollout}.zst`)).toBeNull()
    expect(formatNamed('claude').recodedPath(`-x/${uuid}.jsonl`)).toBeNull()
  })
})

describe('placeInFormat', () => {
  it('keeps a rollout’s stream when it is archived, and apart from its recompressed copy', () => {
    const live = key('codex', `sessions/2026/07/01/${rollout}`)
    expect(key('codex', `archived_sessions/${rollout}`, '/root', '/root/x')).toBe(live)
    expect(key('codex', `archived_sessions/${rollout}.zst`)).not.toBe(live)
    expect(key('codex', 'sessions/a.jsonl')).not.toBe(key('codex', 'archived_sessions/a.jsonl'))
  })

  it('finds a chat under any hash of its project, and keeps what is no chat apart', () => {
    expect(key('gemini', `aaaa/chats/${chat}`)).toBe(key('gemini', `bbbb/chats/${chat}`))
    expect(key('gemini', `aaaa/chats/${uuid}/x.jsonl`)).toBe(key('gemini', `bbbb/chats/${uuid}/x.jsonl`))
    expect(key('gemini', `aaaa/chats/x.json`)).not.toBe(key('gemini', 'bbbb/chats/x.json'))
    expect(key('gemini', 'aaaa/logs.json')).not.toBe(key('gemini', 'bbbb/logs.json'))
  })

  it('finds a Claude session and its subagents under any home', () => {
    for (const rest of [`${uuid}.jsonl`, `${uuid}/subagents/agent-a.jsonl`, 'memory/MEMORY.md']) {
      const mac = key('claude', `-Users-me-eon-nt/${rest}`, '/Users/me', '/Users/me/eon-nt')
      expect(key('claude', `-home-tca-eon-nt/${rest}`, '/home/tca')).toBe(mac)
      expect(mac).toBe(`claude:claude:~-eon-nt:${rest}`)
    }
  })

  it('gives todos and tasks no project', () => {
    const place = placeInFormat(formatNamed('file'), 'list/1.json')
    const facts = { root: 'claude-tasks', format: 'file', path: 'list/1.json', home: '/h', cwd: null }
    expect(deriveStream(facts, 'a', place, emptyProjectMap)).toMatchObject({
      key: 'claude-tasks:file::list/1.json',
      project: '',
      rest: 'list/1.json',
    })
  })
})
