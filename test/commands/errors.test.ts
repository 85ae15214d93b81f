import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'
import { runCommand } from './run-command.js'

const environment = () => {
  const folder = temporaryFolder()
  return { HOME: folder, HOLDFAST_HOME: join(folder, 'h') }
}

describe('errors', () => {
  it.each([
    ['a bad flag', ['daemon', 'status', '--nope'], 2, 'USAGE'],
    ['a missing argument', ['config', 'set', 'name'], 2, 'USAGE'],
    ['an argument too many', ['config', 'path', 'x'], 2, 'USAGE'],
    ['a number out of bounds', ['daemon', 'logs', '-n', '-1'], 2, null],
    ['an unknown command', ['frobnicate'], 2, 'USAGE'],
    ['an unknown command of a topic', ['daemon', 'frobnicate'], 2, 'USAGE'],
    ['an unknown setting', ['config', 'get', 'x.y'], 2, 'USAGE'],
    ['no daemon', ['daemon', 'stop'], 3, 'DAEMON_NOT_RUNNING'],
    ['no such root', ['root', 'remove', 'x'], 3, 'ROOT_UNKNOWN'],
  ])('%s: the same exit code and text, with --json and without', async (_, args, code, name) => {
    const env = environment()
    const [plain, json] = await Promise.all([runCommand(args, env), runCommand([...args, '--json'], env)])
    expect([plain.code, json.code]).toEqual([code, code])
    expect(plain.stdout).toBe('')
    expect(plain.stderr).toMatch(/^(.*Warning.*\n)?Error: .+\n(.+\n)*Next: .+\n$/)
    expect(plain.stderr).not.toMatch(/ {4}at |node_modules/)
    expect(plain.stderr.length + json.stdout.length).toBeLessThan(1_000)
    if (name === null) return
    const { error } = JSON.parse(json.stdout) as { error: Record<string, string> }
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'next'])
    expect(error['code']).toBe(name)
    expect(plain.stderr).toContain(`Error: ${error['message']}\nNext: ${error['next']}\n`)
  })

  it('names file, line and key of a broken config', async () => {
    const env = environment()
    mkdirSync(env.HOLDFAST_HOME, { mode: 0o700 })
    writeFileSync(join(env.HOLDFAST_HOME, 'config.yaml'), 'sweep:\n  evry: 3s\n', { mode: 0o600 })
    const { code, stderr } = await runCommand(['root', 'list'], env)
    expect(code).toBe(2)
    expect(stderr).toContain('config.yaml:2: sweep.evry is no setting; did you mean sweep.every?')
    expect((await runCommand(['config', 'unset', 'sweep.evry'], env)).code).toBe(0)
    expect((await runCommand(['root', 'list'], env)).code).toBe(0)
  })

  it('shows the trace with HOLDFAST_DEBUG=1 alone', async () => {
    const { stderr } = await runCommand(['daemon', 'stop'], { ...environment(), HOLDFAST_DEBUG: '1' })
    expect(stderr).toMatch(/ {4}at /)
  })

  it('ends, silent and content, when its reader goes away', async () => {
    const [child, file] = followingLogs(environment())
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.once('data', () => {
      child.stdout.destroy()
      appendFileSync(file, 'more\n')
    })
    expect([await exitOf(child), stderr]).toEqual([0, ''])
  })

  it('exits 130 at Ctrl-C', async () => {
    const [child] = followingLogs(environment())
    child.stdout.once('data', () => child.kill('SIGINT'))
    expect(await exitOf(child)).toBe(130)
  })
})

/** A command that runs until something ends it, and the file that it follows. */
function followingLogs(env: Record<string, string> & { readonly HOLDFAST_HOME: string }) {
  const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
  const folder = join(env.HOLDFAST_HOME, 'logs')
  const file = join(folder, 'daemon.log')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'here\n')
  const child = spawn(process.execPath, [bin, 'daemon', 'logs', '-f'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return [child, file] as const
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve))
}
