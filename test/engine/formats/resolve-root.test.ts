import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Root } from '../../../src/engine/core/root.js'
import { escapeGlob } from '../../../src/engine/formats/glob.js'
import { resolveRoot, resolveRoots } from '../../../src/engine/formats/resolve-root.js'

const root = (pattern: string, format = 'lines', name = 'r'): Root => ({ name, format, pattern, poll: false })
const holds = (pattern: string, folder: string) => resolveRoot(root(pattern)).mayHold(folder)

describe('resolveRoot', () => {
  it('walks a plain folder and admits all of it', () => {
    const resolved = resolveRoot({ ...root('/home/me/.claude/projects/', 'claude', 'claude'), poll: true })
    expect(resolved).toMatchObject({
      name: 'claude',
      format: 'claude',
      base: '/home/me/.claude/projects',
      poll: true,
    })
    expect(resolved.admits('a/b/c.jsonl')).toBe(true)
    expect(resolved.mayHold('a/b')).toBe(true)
  })

  it.each<[string, string, string[], string[]]>([
    ['/code/*/logs', '/code', ['a/logs/x', 'a/logs/b/x', '.a/logs/x'], ['a/x', 'logs/x', 'a/b/logs/x']],
    ['/code/*/logs/*.jsonl', '/code', ['a/logs/x.jsonl'], ['a/logs/x.txt', 'a/logs/b/x.jsonl', 'x.jsonl']],
    ['/code/**/*.jsonl', '/code', ['x.jsonl', '.a/b/x.jsonl'], ['x.json', 'a/x.txt']],
    ['/code/a/**', '/code/a', ['x', 'b/x', '.b/x'], []],
    ['/code/s?[0-9]/x', '/code', ['sa1/x'], ['sa/x', 'sab/x']],
    ['/code/{a,b}/*.log', '/code', ['a/x.log', 'b/x.log'], ['c/x.log']],
    ['/code/{a/b,c}/*.log', '/code', ['a/b/x.log', 'c/x.log'], ['a/x.log']],
    ['/My (old) logs/a+b!*', '/My (old) logs', ['a+b!c'], ['aab!c', 'a+bc']],
    ['/x/(1) $^|"@ *', '/x', ['(1) $^|"@ y'], ['1 $^|"@ y']],
    ['/x/!a*', '/x', ['!ab'], ['b']],
    ['/x/\\[id\\]/*', '/x/[id]', ['a'], []],
    ['/x/current.jsonl', '/x', ['current.jsonl', 'current.jsonl/a'], ['other.jsonl', 'a/current.jsonl']],
    ['/*/logs', '/', ['a/logs/x'], ['logs/x']],
    ['C:\\logs\\*.log', 'C:/logs', ['a.log'], ['a.txt']],
  ])('%s', (pattern, base, admitted, refused) => {
    const resolved = resolveRoot(root(pattern))
    expect(resolved.base).toBe(base)
    for (const path of admitted) expect(resolved.admits(path), path).toBe(true)
    for (const path of refused) expect(resolved.admits(path), path).toBe(false)
  })

  it('prunes folders that hold nothing admitted', () => {
    expect(holds('/code/*/logs/*.jsonl', 'a')).toBe(true)
    expect(holds('/code/*/logs/*.jsonl', 'a/src')).toBe(false)
    expect(holds('/code/*/logs/*.jsonl', 'a/logs')).toBe(true)
    expect(holds('/code/*/logs/*.jsonl', 'a/logs/deep')).toBe(false)
    expect(holds('/code/a*/logs', 'b')).toBe(false)
    expect(holds('/x/current.jsonl', 'other')).toBe(false)
  })

  it('never prunes a folder on the way to an admitted file', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      'ab',
      '*',
      'a*',
      '**',
      '?',
      '[ab]',
      '{a,b}',
      '{a,b/c}',
      '.c',
      '*.l',
    )
    const name = fc.constantFrom('a', 'b', 'ab', 'c', '.c', 'x.l')
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.array(name, { minLength: 1, maxLength: 5 }),
        (pattern, path) => {
          const resolved = resolveRoot(root(`/base/${pattern.join('/')}`))
          const inside = resolved.base === '/base' ? path : path.slice(0, 2)
          fc.pre(resolved.admits(inside.join('/')))
          for (let depth = 0; depth < inside.length; depth++) {
            expect(resolved.mayHold(inside.slice(0, depth).join('/'))).toBe(true)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes an escaped folder for just that folder', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z*?[\]{}\\()!+@ ]{1,10}$/), (name) => {
        fc.pre(!/^ *$/.test(name))
        expect(resolveRoot(root(`/home/${escapeGlob(name)}/x`, 'claude')).base).toBe(`/home/${name}/x`)
      }),
    )
  })

  it.each<[string, Root]>([
    ['a relative path', root('logs/x')],
    ['an unexpanded home', root('~/logs')],
    ['a parent', root('/a/../b')],
    ['an unknown format', root('/a', 'jsonl')],
    ['a bad name', root('/a', 'lines', 'A b')],
    ['a glob over homes of Codex', root('/home/*/.codex', 'codex')],
    ['a glob over homes of Gemini', root('/home/*/.gemini/tmp', 'gemini')],
    ['all of .claude, credentials included', root('/home/me/.claude', 'claude')],
    ['the sessions of Codex in place of its home', root('/home/me/.codex/sessions', 'codex')],
    ['all of .gemini', root('/home/me/.gemini/', 'gemini')],
  ])('refuses %s', (_, bad) => {
    expect(() => resolveRoot(bad)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('resolveRoots', () => {
  it('resolves in order and refuses a name used twice', () => {
    expect(resolveRoots([root('/a', 'lines', 'x'), root('/b', 'lines', 'y')]).map((r) => r.base)).toEqual([
      '/a',
      '/b',
    ])
    expect(() => resolveRoots([root('/a', 'lines', 'x'), root('/b', 'lines', 'x')])).toThrow(/two roots/)
  })
})
