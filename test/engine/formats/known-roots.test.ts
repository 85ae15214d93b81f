import { describe, expect, it } from 'vitest'
import { knownRoots } from '../../../src/engine/formats/known-roots.js'
import { resolveRoots } from '../../../src/engine/formats/resolve-root.js'

const basesOf = (home: string, claudeConfigDir: string | null = null, codexHome: string | null = null) =>
  Object.fromEntries(
    resolveRoots(knownRoots({ home, claudeConfigDir, codexHome })).map((root) => [
      root.name,
      `${root.format}=${root.base}`,
    ]),
  )

describe('knownRoots', () => {
  it('names every agent’s folders under the home', () => {
    expect(basesOf('/home/me')).toEqual({
      claude: 'claude=/home/me/.claude/projects',
      'claude-todos': 'file=/home/me/.claude/todos',
      'claude-tasks': 'file=/home/me/.claude/tasks',
      'claude-legacy': 'claude=/home/me/.claude/system/sessions',
      codex: 'codex=/home/me/.codex',
      gemini: 'gemini=/home/me/.gemini/tmp',
    })
    expect(basesOf('/home/me', '', '')).toEqual(basesOf('/home/me'))
  })

  it('honours CLAUDE_CONFIG_DIR and CODEX_HOME', () => {
    expect(basesOf('/home/me', '/cfg/c/', '/cfg/x')).toEqual({
      claude: 'claude=/cfg/c/projects',
      'claude-todos': 'file=/cfg/c/todos',
      'claude-tasks': 'file=/cfg/c/tasks',
      'claude-legacy': 'claude=/cfg/c/system/sessions',
      codex: 'codex=/cfg/x',
      gemini: 'gemini=/home/me/.gemini/tmp',
    })
  })

  it('takes a home for just that folder, whatever characters it has', () => {
    expect(basesOf('/home/[me]*{a}\\')['claude']).toBe('claude=/home/[me]*{a}\\/.claude/projects')
    expect(basesOf('C:\\Users\\me')['codex']).toBe('codex=C:/Users/me/.codex')
  })
})
