import { describe, expect, it } from 'vitest'
import { effectiveRoots, requestedRoot } from '../../src/daemon/roots.js'
import { knownRoots } from '../../src/engine/formats/known-roots.js'

const known = knownRoots({ home: '/home/a', claudeConfigDir: null, codexHome: null })
const request = (what: string, name?: string, poll = false) => ({ what, name, poll })
const none = { roots: [] }
const places = { cwd: '/cwd', home: '/home/a' }

describe('effectiveRoots', () => {
  it('has the known ones without any configuration', () => {
    const roots = effectiveRoots(none, known, '/home/a')
    expect(roots.map(({ name }) => name)).toEqual(known.map(({ name }) => name))
    expect(roots.every((root) => root.known)).toBe(true)
  })

  it('lets the config switch off, change and add', () => {
    const config = {
      roots: [
        { name: 'gemini', enabled: false },
        { name: 'codex', enabled: true, poll: true },
        { name: 'claude', enabled: true, path: '~/other/projects' },
        { name: 'broker', enabled: true, format: 'messages' as const, path: '~/b/*.jsonl' },
        { name: 'off', enabled: false, format: 'lines' as const, path: '/x' },
      ],
    }
    const roots = new Map(effectiveRoots(config, known, '/home/[a]').map((root) => [root.name, root]))
    expect(roots.has('gemini') || roots.has('off')).toBe(false)
    expect(roots.get('codex')).toMatchObject({ poll: true, pattern: '/home/a/.codex' })
    expect(roots.get('broker')).toMatchObject({ known: false, poll: false, format: 'messages' })
    // A home whose name looks like a glob is taken literally; what the user wrote is a glob.
    expect(roots.get('broker')?.pattern).toMatch(/^\/home\/.*a.*\/b\/\*\.jsonl$/)
    expect(roots.get('broker')?.pattern).not.toContain('/[a]/')
    expect(roots.get('claude')?.pattern).toContain('other/projects')
  })

  it('refuses an entry that is neither known nor complete', () => {
    const config = { roots: [{ name: 'x', enabled: true, poll: true }] }
    expect(() => effectiveRoots(config, known, '/h')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})

describe('requestedRoot', () => {
  it.each([
    [request('messages=/b/x.jsonl'), { name: 'messages', format: 'messages', path: '/b/x.jsonl' }],
    [
      request('messages=~/b', 'broker', true),
      { name: 'broker', format: 'messages', path: '~/b', poll: true },
    ],
    [request('claude=sub/projects/'), { name: 'claude-2', format: 'claude', path: '/cwd/sub/projects' }],
    [request('lines=/a=b/*.jsonl'), { name: 'lines', format: 'lines', path: '/a=b/*.jsonl' }],
    [request('codex', undefined, true), { name: 'codex', poll: true }],
  ])('%j', (asked, entry) => {
    expect(requestedRoot(asked, none, known, places)).toEqual({ name: entry.name, entry })
  })

  it('records a known root again without any entry', () => {
    expect(requestedRoot(request('gemini'), none, known, places)).toEqual({ name: 'gemini', entry: null })
  })

  it.each([
    [request('nope'), 'USAGE'],
    [request('=x'), 'USAGE'],
    [request('lines='), 'USAGE'],
    [request('xml=/x'), 'USAGE'],
    [request('lines=/x', 'claude'), 'USAGE'],
    [request('claude=~/.claude/projects', 'again'), 'USAGE'],
    [request('claude=/x/.claude'), 'CONFIG_INVALID'],
    [request('lines=/x', 'Bad Name'), 'CONFIG_INVALID'],
  ])('refuses %j', (asked, code) => {
    expect(() => requestedRoot(asked, none, known, places)).toThrow(expect.objectContaining({ code }))
  })
})
