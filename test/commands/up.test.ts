import { spawn } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { line, sessionHome } from './session-home.js'
import type { SessionHome } from './session-home.js'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** `up` in a pipe. `until` resolves once its output holds the text. */
function startUp(home: SessionHome) {
  const child = spawn(process.execPath, [bin, 'up'], {
    env: { PATH: process.env['PATH'] ?? '', ...home.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(() => void child.kill('SIGKILL'))
  const up = { child, ended, stdout: '', stderr: '', until }
  child.stderr.on('data', (chunk: Buffer) => (up.stderr += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (up.stdout += chunk.toString()))
  return up

  function until(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (up.stdout.includes(text)) resolve()
      }
      child.stdout.on('data', look)
      child.on('close', () => reject(new Error(`ended without “${text}”: ${up.stdout}${up.stderr}`)))
      look()
    })
  }
}

describe('up', () => {
  it('sets up, records what is there and what follows, serves others, and ends at Ctrl-C', async () => {
    const home = sessionHome()
    const up = startUp(home)
    await up.until('recording on ada: 2 files, 3 events, ')
    appendFileSync(home.file('shop'), line('third'))
    await up.until(
      `recorded claude -home-ada-shop/aaaa1111-0000-4000-8000-000000000001.jsonl +${line('third').length} B`,
    )
    expect(await home.json(0, 'status')).toMatchObject({
      daemon: { running: true, pid: up.child.pid },
      streams: 2,
    })

    const attached = startUp(home)
    await attached.until(`attached to the daemon (pid ${up.child.pid})`)
    await attached.until('recording on ada: 2 files')
    appendFileSync(home.file('blog'), line('of the other'))
    await Promise.all([
      up.until('recorded claude -home-ada-blog/'),
      attached.until('recorded claude -home-ada-blog/'),
    ])
    attached.child.kill('SIGINT')
    expect([await attached.ended, attached.stderr]).toEqual([0, ''])
    expect(attached.stdout).toMatch(/\nLeft; the daemon goes on\.\n$/)

    up.child.kill('SIGINT')
    expect([await up.ended, up.stderr]).toEqual([0, ''])
    expect(up.stdout).toMatch(/^starting \(pid \d+\)\n/)
    expect(up.stdout).toMatch(/\nStopped; all that was seen is recorded\.\n$/)
    expect(existsSync(join(home.folder, 'h', 'run', 'daemon.pid'))).toBe(false)
    expect(await home.json(0, 'record')).toMatchObject({ events: 0, suspects: [] })
  })

  it('hears of changes after a command changed the roots under it', async () => {
    const home = sessionHome()
    const up = startUp(home)
    await up.until('recording on ada')
    await home.json(0, 'root', 'add', `messages=${home.folder}/broker/current.jsonl`, '--name', 'broker')
    await up.until('recording on ada')
    const told = up.until('recorded claude -home-ada-shop/').then(() => true)
    for (let n = 0, heard = false; !heard; n++) {
      appendFileSync(home.file('shop'), line(`again ${n}`))
      heard = await Promise.race([told, sleep(1_000, false)])
    }
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
  })

  it('ends with the daemon that a command stops, and with the reader of its pipe', async () => {
    const home = sessionHome()
    const up = startUp(home)
    await up.until('recording on ada')
    await home.json(0, 'daemon', 'stop')
    expect([await up.ended, up.stderr]).toEqual([0, ''])

    const again = startUp(home)
    await again.until('recording on ada')
    again.child.stdout.destroy()
    appendFileSync(home.file('shop'), line('to nobody'))
    expect([await again.ended, again.stderr]).toEqual([0, ''])
    expect(existsSync(join(home.folder, 'h', 'run', 'daemon.pid'))).toBe(false)
  })

  it('says what is wrong with the config', async () => {
    const home = sessionHome()
    await home.run('config', 'set', 'sweep.every', '5s')
    appendFileSync(join(home.folder, 'h', 'config.yaml'), 'nonsense: 1\n')
    const { code, stderr } = await home.run('up')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^Error: .*nonsense is no setting\nNext: /)
  })
})
