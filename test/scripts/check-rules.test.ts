import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const script = resolve(import.meta.dirname, '../../scripts/check-rules.mjs')
const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Runs the check on a tree of these files: its lines and its exit code. */
function check(files: (root: string) => Record<string, string>): { lines: string[]; status: number | null } {
  const root = mkdtempSync(join(tmpdir(), 'check-rules-'))
  made.push(root)
  for (const [path, text] of Object.entries(files(root))) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return { lines: stdout.split('\n').filter((line) => line !== ''), status }
}

const imports = (...specifiers: string[]): string =>
  specifiers.map((specifier) => `import '${specifier}'\n`).join('')

describe('layers', () => {
  it('lets each layer import what the table says', () => {
    const result = check(() => ({
      'src/engine/core/a.ts': imports('./b.js'),
      'src/engine/core/b.ts': 'export type A = string\n',
      'src/engine/ports/p.ts': imports('../core/a.js'),
      'src/engine/formats/f.ts': imports('../core/a.js', 'picomatch'),
      'src/engine/record/r.ts': imports('../core/a.js', '../formats/f.js', '../ports/p.js'),
      'src/engine/replay/r.ts': imports('../core/a.js', '../formats/f.js', '../ports/p.js'),
      'src/engine/recover/r.ts': imports('../record/r.js', '../replay/r.js', '../ports/p.js'),
      'src/store/s.ts': imports('../engine/core/a.js', '../engine/ports/p.js', 'level'),
      'src/transport/t.ts': imports('../engine/core/a.js', '../engine/ports/p.js', 'node:net'),
      'src/platform/p.ts': imports('../engine/core/a.js', '../engine/ports/p.js', 'node:fs', 'node:crypto'),
      'src/daemon/d.ts': imports(
        '../engine/recover/r.js',
        '../store/s.js',
        '../transport/t.js',
        '../platform/p.js',
        'node:fs',
      ),
      'src/cli/c.ts': imports('../engine/core/a.js', '../daemon/d.js', 'node:fs'),
      'src/commands/c.ts': imports('../engine/core/a.js', '../daemon/d.js', '../cli/c.js', '@oclif/core'),
      'bin/run.js': imports('node:fs'),
    }))
    expect(result).toEqual({ lines: [], status: 0 })
  })

  it('refuses everything else', () => {
    const refused = [
      ['src/engine/core/a.ts', '../ports/p.js', 'src/engine/ports/p.ts'],
      ['src/engine/core/a.ts', 'picomatch', 'picomatch'],
      ['src/engine/formats/a.ts', '../ports/p.js', 'src/engine/ports/p.ts'],
      ['src/engine/replay/a.ts', '../record/p.js', 'src/engine/record/p.ts'],
      ['src/engine/replay/a.ts', '../recover/p.js', 'src/engine/recover/p.ts'],
      ['src/engine/record/a.ts', '../../store/p.js', 'src/store/p.ts'],
      ['src/store/a.ts', '../platform/p.js', 'src/platform/p.ts'],
      ['src/store/a.ts', '../engine/record/p.js', 'src/engine/record/p.ts'],
      ['src/transport/a.ts', '../store/p.js', 'src/store/p.ts'],
      ['src/platform/a.ts', '../store/p.js', 'src/store/p.ts'],
      ['src/daemon/a.ts', '../commands/p.js', 'src/commands/p.ts'],
      ['src/daemon/a.ts', '../cli/p.js', 'src/cli/p.ts'],
      ['src/cli/a.ts', '../store/p.js', 'src/store/p.ts'],
      ['src/cli/a.ts', '../commands/p.js', 'src/commands/p.ts'],
      ['src/commands/a.ts', '../engine/replay/p.js', 'src/engine/replay/p.ts'],
    ] as const
    const tree: Record<string, string> = {}
    const expected: string[] = []
    for (const [at, [path, specifier, target]] of refused.entries()) {
      // A file of its own for each row, so that no row hides another.
      const file = path.replace('a.ts', `a${at}.ts`)
      tree[file] = `\n${imports(specifier)}`
      if (target.startsWith('src/')) tree[target] = 'export const p = 1\n'
      expected.push(`${file}:2: ${dirname(path)} may not import ${target}`)
    }
    expect(check(() => tree)).toEqual({ lines: expected.sort(), status: 1 })
  })

  it('knows types, re-exports, dynamic imports and several lines as imports, and comments and strings as none', () => {
    const { lines } = check(() => ({
      'src/engine/core/a.ts': [
        'export interface Before { from: string }',
        "import type { T } from 'one'",
        "export const text = \"import 'no' \" // import 'never'",
        'import {',
        '  x,',
        "} from 'two'",
        "export * from 'three'",
        "export const later = () => import('four')",
        '/* ',
        " import 'not' */",
      ].join('\n'),
    }))
    expect(lines).toEqual([
      'src/engine/core/a.ts:2: src/engine/core may not import one',
      'src/engine/core/a.ts:4: src/engine/core may not import two',
      'src/engine/core/a.ts:7: src/engine/core may not import three',
      'src/engine/core/a.ts:8: src/engine/core may not import four',
    ])
  })

  it('wants every file of src in a layer', () => {
    expect(check(() => ({ 'src/stray.ts': '' })).lines).toEqual([
      expect.stringMatching(/^src\/stray\.ts:1: belongs to no layer/),
    ])
  })
})

describe('direct calls', () => {
  const calls = {
    'Date.now()': 'Date.now',
    'new Date()': 'new Date() without a time',
    'new Date;': 'new Date() without a time',
    'Math.random()': 'Math.random',
    'performance.now()': 'performance.now',
    'setTimeout(f, 1)': 'a timer',
    'globalThis.setInterval(f, 1)': 'a timer',
  }

  it('bans clock, randomness and timers in the engine', () => {
    const { lines } = check(() => ({ 'src/engine/record/a.ts': Object.keys(calls).join('\n') }))
    const expected = Object.values(calls).map(
      (name, at) => `src/engine/record/a.ts:${at + 1}: ${name} is used directly: use its port`,
    )
    expect(lines).toEqual(expected)
  })

  it('bans clock and randomness in store and transport, but not timers', () => {
    const text = 'Date.now()\nMath.random()\nsetTimeout(f, 1)\n'
    const { lines } = check(() => ({ 'src/store/a.ts': text, 'src/transport/a.ts': text }))
    expect(lines.map((line) => line.split(': ')[0])).toEqual([
      'src/store/a.ts:1',
      'src/store/a.ts:2',
      'src/transport/a.ts:1',
      'src/transport/a.ts:2',
    ])
  })

  it('passes over comments, strings, other names and times that are given', () => {
    const text = [
      '// Date.now() and Math.random()',
      "export const a = 'Math.random()' + `Date.now() ${new Date(5).getTime()} setTimeout(`",
      'export const b = /Math.random()/, c = clock.setTimeout, d = 4 / 2 // new Date()',
      "export const quote = /'/, e = 1",
      'export type Born = Date',
    ].join('\n')
    expect(check(() => ({ 'src/engine/core/a.ts': text })).lines).toEqual([])
  })

  it('sees code inside templates and after braces in them', () => {
    const text = 'export const a = `${f({ x: 1 }, Math.random())} text ${Date.now()}`\n'
    expect(check(() => ({ 'src/engine/core/a.ts': text })).lines).toHaveLength(2)
  })

  it('leaves the world to platform, daemon and cli', () => {
    const text = imports('node:fs', 'fs/promises', 'node:child_process', 'node:crypto')
    const { lines } = check(() => ({
      'src/store/a.ts': text,
      'src/commands/a.ts': text,
      'src/daemon/a.ts': text,
      'src/platform/a.ts': `${text}Date.now()\nsetTimeout(f, 1)\n`,
      'src/cli/a.ts': text,
    }))
    expect(lines).toHaveLength(8)
    expect(lines[0]).toMatch(/^src\/commands\/a\.ts:1: node:fs belongs behind a port/)
    expect(lines.filter((line) => line.startsWith('src/store/a.ts:'))).toHaveLength(4)
  })
})

describe('cycles and barrels', () => {
  it('reports a cycle once, also through types and outside src', () => {
    const { lines } = check(() => ({
      'src/engine/core/a.ts': "import type { B } from './b.js'\n",
      'src/engine/core/b.ts': "\nimport type { C } from './c.js'\n",
      'src/engine/core/c.ts': "import type { A } from './a.js'\n",
      'src/engine/core/d.ts': imports('./b.js'),
      'test/x.ts': imports('./x.js'),
    }))
    expect(lines).toEqual([
      'src/engine/core/c.ts:1: import cycle: src/engine/core/a.ts -> src/engine/core/b.ts -> src/engine/core/c.ts -> src/engine/core/a.ts',
      'test/x.ts:1: import cycle: test/x.ts -> test/x.ts',
    ])
  })

  it('lets two paths meet', () => {
    const { lines } = check(() => ({
      'src/engine/core/a.ts': imports('./b.js', './c.js'),
      'src/engine/core/b.ts': imports('./d.js'),
      'src/engine/core/c.ts': imports('./d.js'),
      'src/engine/core/d.ts': '',
    }))
    expect(lines).toEqual([])
  })

  it('refuses index files and files that only pass on', () => {
    const { lines } = check(() => ({
      'src/commands/index.ts': '',
      'src/engine/core/all.ts': "export * from './a.js'\nexport { b } from './b.js'\n",
      'src/engine/core/a.ts': "export type { B } from './b.js'\nimport { b } from './b.js'\n",
      'src/engine/core/b.ts': 'export const b = 1\n',
    }))
    expect(lines).toEqual([
      'src/commands/index.ts:1: index files are barrels: name the file after what it holds',
      'src/engine/core/all.ts:1: a file that only passes on exports is a barrel',
    ])
  })
})

describe('sizes', () => {
  const listed = (list: unknown): Record<string, string> => ({
    'scripts/size-allowlist.json': JSON.stringify(list),
  })

  it('bounds files at 400 lines', () => {
    const result = check(() => ({ 'test/a.ts': '\n'.repeat(400), 'test/b.ts': '\n'.repeat(401) }))
    expect(result).toEqual({ lines: ['test/b.ts:401: 401 lines, more than 400: split it'], status: 1 })
  })

  it('lets a listed file grow to its own bound', () => {
    const list = listed({ 'test/b.ts': { lines: 410, reason: 'one table that reads best whole' } })
    expect(check(() => ({ ...list, 'test/b.ts': '\n'.repeat(410) })).lines).toEqual([])
    expect(check(() => ({ ...list, 'test/b.ts': '\n'.repeat(411) })).lines).toHaveLength(1)
  })

  it('wants a reason, a bound and a file that still needs the entry', () => {
    const list = listed({
      'test/b.ts': { reason: '' },
      'test/gone.ts': { lines: 500, reason: 'was a long table' },
    })
    expect(check(() => ({ ...list, 'test/b.ts': '' })).lines.map((line) => line.split(':1: ')[1])).toEqual([
      'test/b.ts needs a reason',
      'test/b.ts needs its bound in "lines"',
      'test/b.ts needs no entry any more',
      'test/gone.ts does not exist',
    ])
  })
})

describe('tests, lock file and docs', () => {
  it('refuses tests that are switched off or alone', () => {
    const text = ['it.o', 'describe.concurrent.s', 'test.t'].map(
      (call, at) => call + ['nly', 'kip', 'odo'][at],
    )
    const { lines } = check(() => ({
      'test/a.test.ts': `${text.join('("x")\n')}("x")\nit.skipIf(true)("y")\nlist.only()\n`,
    }))
    expect(lines).toEqual([
      'test/a.test.ts:1: .only switches tests off',
      'test/a.test.ts:2: .skip switches tests off',
      'test/a.test.ts:3: .todo switches tests off',
    ])
  })

  it('refuses download addresses in the lock file', () => {
    const lock = (extra: string): string => `{\n  "packages": { "a": { "version": "1.0.0"${extra} } }\n}\n`
    expect(check(() => ({ 'package-lock.json': lock('') })).lines).toEqual([])
    const address = ', "resolved": "https://registry.example/a.tgz"'
    expect(check(() => ({ 'package-lock.json': lock(address) })).lines).toEqual([
      'package-lock.json:2: names a download address',
    ])
  })

  it('refuses paths of this machine in docs and code', () => {
    const { lines } = check((root) => ({
      'README.md': `# x\n\ncd ${root}/src\nand ${root}-other, ~/code, /home/ada\n`,
      'test/a.ts': `// see ${root}\n`,
    }))
    expect(lines).toEqual([
      expect.stringMatching(/^README\.md:3: names a path of this machine: /),
      expect.stringMatching(/^test\/a\.ts:1: names a path of this machine: /),
    ])
  })
})
