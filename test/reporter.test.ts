import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closingLines } from './reporter.js'

describe('closingLines', () => {
  it('ends with the counts alone', () => {
    expect(closingLines({ passed: 12, failed: 0, skipped: [] })).toEqual(['12 passed, 0 failed'])
  })

  it('names what was skipped above them', () => {
    expect(closingLines({ passed: 1, failed: 2, skipped: ['a > b', 'c'] })).toEqual([
      'skipped: a > b',
      'skipped: c',
      '1 passed, 2 failed, 2 skipped',
    ])
  })
})

/** Runs the runner itself on these test files; `CI` as given. */
function runTests(files: Record<string, string>, ci: string): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'reporter-'))
  try {
    const reporter = resolve(import.meta.dirname, 'reporter.ts')
    const config = { test: { globals: true, include: ['*.test.js'], reporters: [reporter], cache: false } }
    writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)}\n`)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const program = resolve(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
    const env = { ...process.env, CI: ci, NO_COLOR: '1', VITEST: undefined, VITEST_POOL_ID: undefined }
    const options = { cwd: folder, encoding: 'utf8' as const, env, input: '' }
    const { stdout, status } = spawnSync(process.execPath, [program, 'run'], options)
    return { lines: stdout.trimEnd().split('\n'), status }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('a run', () => {
  const passing = "it('works', () => {})\n"
  const skipping = "describe('outer', () => it.skipIf(true)('waits [needs x]', () => {}))\n"

  it('closes with the counts; failures of tests, of hooks and of files all count', () => {
    const { lines, status } = runTests(
      {
        'pass.test.js': passing,
        'fail.test.js': "it('fails', () => { throw new Error('no') })\n",
        'load.test.js': "throw new Error('cannot load')\n",
        'hook.test.js':
          "describe('d', () => { afterAll(() => { throw new Error('late') }); it('x', () => {}) })\n",
      },
      'false',
    )
    expect(lines.at(-1)).toBe('2 passed, 3 failed')
    expect(status).toBe(1)
  })

  it('lists skipped tests, and fails because of them only where CI is true', () => {
    const files = { 'pass.test.js': passing, 'skip.test.js': skipping }
    const closing = ['skipped: skip.test.js > outer > waits [needs x]', '1 passed, 0 failed, 1 skipped']
    const atHome = runTests(files, 'false')
    expect(atHome.lines.slice(-2)).toEqual(closing)
    expect(atHome.status).toBe(0)
    const inCi = runTests(files, 'true')
    expect(inCi.lines.slice(-2)).toEqual(closing)
    expect(inCi.status).toBe(1)
  })
})
