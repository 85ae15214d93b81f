import { describe, expect, it } from 'vitest'
import { agentOf } from '../../src/platform/process-agent.js'

describe('agentOf knows', () => {
  const versioned = '/home/me/.local/share/claude/versions/2.1.119'
  const sdk = '/app/node_modules/@anthropic-ai/claude-agent-sdk/cli.js'
  const editor = '/home/me/.vscode/extensions/anthropic.claude-code-2.1/resources/native-binary/claude'
  const vendored = '/usr/lib/node_modules/@openai/codex/vendor/x86_64-unknown-linux-musl/codex/codex'
  const gemini = '/usr/lib/node_modules/@google/gemini-cli/dist/index.js'
  it.each([
    ['a name', '', ['claude', '--resume', 'x'], 'claude', ['--resume', 'x']],
    ['a path', '', ['/usr/local/bin/codex', 'resume', 'x'], 'codex', ['resume', 'x']],
    ['a build named by its version', '2.1.119', [versioned, '-c'], 'claude', ['-c']],
    ['an editor’s own', '', [editor, '--verbose'], 'claude', ['--verbose']],
    ['a script', '', ['node', '/usr/bin/claude', '-c'], 'claude', ['-c']],
    ['a package’s script', 'node', ['/usr/bin/node', sdk, '--resume', 'x'], 'claude', ['--resume', 'x']],
    [
      'a script behind options',
      '',
      ['node', '--no-warnings', '--require', 'x', gemini, 'a'],
      'gemini',
      ['a'],
    ],
    ['a script of bun', '', ['bun', 'run', '/opt/claude.js'], 'claude', []],
    ['a vendored build', '', [vendored, 'exec'], 'codex', ['exec']],
    ['a build for a platform', '', ['./codex-x86_64-unknown-linux-musl'], 'codex', []],
    ['a title', 'node', ['claude'], 'claude', []],
    ['a title with words', 'node', ['claude (idle)'], 'claude', []],
    ['a name of its own', 'claude', ['/proc/self/exe', '-c'], 'claude', ['-c']],
    ['Windows', '', ['C:\\Users\\me\\bin\\claude.exe', '-c'], 'claude', ['-c']],
  ] as const)('%s', (_, name, argv, agent, args) => {
    expect(agentOf(name, argv)).toEqual({ agent, args })
  })

  it.each([
    ['an editor on its files', 'vim', ['vim', 'claude']],
    ['a shell that starts one', 'bash', ['bash', '-c', 'claude -c']],
    ['a wrapper script', 'claude', ['/bin/sh', '/usr/local/bin/claude']],
    ['a follower', 'tail', ['tail', '-f', '/home/me/.claude/projects/-x/y.jsonl']],
    ['the desktop program', 'Claude', ['/Applications/Claude.app/Contents/MacOS/Claude']],
    ['a folder of its name', 'node', ['node', '/home/me/claude/server.js']],
    ['an argument of a script', 'node', ['node', 'x.js', '/usr/bin/claude']],
    ['an expression', 'node', ['node', '-e', 'claude']],
    ['another package of its maker', 'node', ['node', '/x/@anthropic-ai/sdk/cli.js']],
    ['nothing', '', []],
  ] as const)('not %s', (_, name, argv) => {
    expect(agentOf(name, argv)).toBeNull()
  })
})
