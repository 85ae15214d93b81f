import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'
import { runCommand } from './run-command.js'

interface Row {
  readonly running: boolean
  readonly pid: number
  readonly started?: boolean
  readonly stopped?: number
}

/** Deep enough for the socket to need a place outside the home. */
function environment() {
  const folder = temporaryFolder()
  const runtime = join(folder, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  return { HOME: folder, XDG_RUNTIME_DIR: runtime, HOLDFAST_HOME: join(folder, 'deep/'.repeat(20), 'home') }
}

const environments: ReturnType<typeof environment>[] = []

afterEach(async () => {
  for (const env of environments.splice(0)) await runCommand(['daemon', 'stop'], env)
})

describe('daemon', () => {
  it('starts, answers, restarts, outlives a kill -9, and stops', async () => {
    const env = environment()
    environments.push(env)
    const json = async (...args: string[]): Promise<Row> => {
      const { stdout, stderr, code } = await runCommand([...args, '--json'], env)
      expect([code, stderr]).toEqual([0, ''])
      return JSON.parse(stdout) as Row
    }
    expect(await json('daemon', 'status')).toMatchObject({ running: false, pid: null })
    const first = await json('daemon', 'start')
    expect(first).toMatchObject({ running: true, started: true })
    expect(await json('daemon', 'start')).toMatchObject({ pid: first.pid, started: false })
    expect(await json('daemon', 'status')).toMatchObject({ running: true, pid: first.pid, answers: true })
    expect(await runCommand(['daemon', 'run'], env)).toMatchObject({ code: 1 })
    expect(await json('config', 'set', 'sweep.every', '10s')).toMatchObject({ applied: true })
    const init = await json('init')
    expect(init).toHaveProperty('host')

    const second = await json('daemon', 'restart')
    expect(second.stopped).toBe(first.pid)
    process.kill(second.pid, 'SIGKILL')
    const third = await json('daemon', 'start')
    expect(third).toMatchObject({ running: true, started: true })
    expect(await json('daemon', 'stop')).toEqual({ running: false, pid: third.pid })
    expect(await json('init')).toEqual(init)
    const { stdout } = await runCommand(['daemon', 'logs', '-n', '1000'], env)
    expect(stdout.match(/ ready /g)).toHaveLength(3)
    expect(stdout.trimEnd()).toMatch(/stopped$/)
  }, 60_000)

  it('ends in order at SIGTERM when it runs in the foreground', async () => {
    const env = environment()
    const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
    const child = spawn(process.execPath, [bin, 'daemon', 'run'], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      if (!stderr.includes(' ready ') && (stderr + chunk.toString()).includes(' ready '))
        child.kill('SIGTERM')
      stderr += chunk.toString()
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(stderr.trimEnd()).toMatch(/ info {2}stopped$/)
  }, 30_000)
})
