import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('README', () => {
  it('shows a session with the output that it really has', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const shown = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(shown).toContain('$ holdfast record\n')
    const folder = temporaryFolder()
    // Each command is echoed before it runs, as in a terminal.
    const script = shown
      .split('\n')
      .filter((line) => line.startsWith('$ '))
      .map((line) => `cat <<'EOF'\n${line}\nEOF\n${line.slice(2)}\n`)
      .join('')
      .replaceAll('/tmp/ada', folder)
    const { stdout } = spawnSync('bash', ['-c', script], {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '' },
      encoding: 'utf8',
    })
    expect(stdout.replaceAll(folder, '/tmp/ada')).toBe(shown)
  })
})
