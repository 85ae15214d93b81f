import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { call } from '../../src/daemon/call.js'
import { editConfigFile } from '../../src/daemon/config-file.js'
import { setSetting } from '../../src/daemon/config-edit.js'
import type { Home } from '../../src/daemon/home.js'
import { daemonStatus, reloadDaemon, startDaemon, stopDaemon } from '../../src/daemon/lifecycle.js'
import type { DaemonCommand } from '../../src/daemon/lifecycle.js'
import { lastLines } from '../../src/daemon/log-follow.js'
import type { OperationIo } from '../../src/daemon/operation.js'
import { livingDaemon } from '../../src/daemon/pid-file.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { isProcess, processStart } from '../../src/daemon/process-start.js'
import { socketPlace } from '../../src/daemon/socket-path.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { temporaryHome } from './temporary-home.js'

const fixture = new URL('./daemon-fixture.ts', import.meta.url).pathname
const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
const command: DaemonCommand = [process.execPath, '--import', tsx, fixture]
const io: OperationIo = {
  progress: () => undefined,
  bytes: async () => undefined,
  signal: new AbortController().signal,
}

const homes: Home[] = []
const children: ChildProcess[] = []

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const home of homes.splice(0)) await stopDaemon(home)
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function daemonHome(): Home {
  const home = temporaryHome()
  vi.stubEnv('HOLDFAST_HOME', home.configFile.replace(/\/config\.yaml$/, ''))
  homes.push(home)
  return home
}

/** A process that lives until it is killed, and has nothing to do with Holdfast. */
function bystander(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  children.push(child)
  if (child.pid === undefined) throw new Error('cannot spawn')
  return child.pid
}

function writePid(home: Home, pid: number, start: string | null): void {
  prepareHome(home)
  writeFileSync(home.pidFile, JSON.stringify({ pid, start, sinceMs: 1, version: 'x' }))
}

describe('a daemon', () => {
  it('starts once, serves, takes a new config, and stops without leaving anything', async () => {
    const home = daemonHome()
    expect(await daemonStatus(home)).toMatchObject({ running: false, pid: null })
    const status = await startDaemon(home, command)
    expect(status).toMatchObject({ running: true, answers: true, started: true, version: '9.9.9' })
    expect(await startDaemon(home, command)).toMatchObject({ pid: status.pid, started: false })
    for (const path of [home.pidFile, home.logFile, socketPlace(home).path])
      expect(statSync(path).mode & 0o777, path).toBe(0o600)

    expect(await call(home, 'hello', { name: 'you' }, io)).toBe('hello you')
    expect(await call(home, 'starts', null, io)).toBe(1)
    editConfigFile(home, (text) => setSetting(text, 'sweep.every', '5s', home.configFile))
    expect(await reloadDaemon(home)).toBe(true)
    expect(await call(home, 'starts', null, io)).toBe(2)
    writeFileSync(home.configFile, 'sweeps: 1\n')
    await expect(reloadDaemon(home)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await call(home, 'starts', null, io)).toBe(2)

    expect(await stopDaemon(home)).toBe(status.pid)
    expect(isProcess(status.pid as number, null)).toBe(false)
    expect([home.pidFile, socketPlace(home).path].filter((path) => existsSync(path))).toEqual([])
    const messages = lastLines(home.logFile, 10).map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages.slice(-3)).toEqual(['stopping', 'flushed', 'stopped'])
    expect(await stopDaemon(home)).toBeNull()
    expect(await reloadDaemon(home)).toBe(false)
  })

  it('tells why it could not start, in its own words', async () => {
    vi.stubEnv('FIXTURE', 'fail')
    const home = daemonHome()
    const start = startDaemon(home, command)
    await expect(start).rejects.toMatchObject({ code: 'DAEMON_START_FAILED' })
    await expect(start).rejects.toThrow(/the disk is on fire/)
    expect(await daemonStatus(home)).toMatchObject({ running: false })
  })

  it('waits for a command that has the store for a moment', async () => {
    const home = daemonHome()
    prepareHome(home)
    const lock = `${home.storeFolder}/LOCK`
    writeFileSync(lock, '')
    const started = startDaemon(home, command)
    await vi.waitUntil(() => existsSync(home.logFile), { timeout: 10_000 })
    setTimeout(() => rmSync(lock), 300)
    expect(await started).toMatchObject({ started: true, answers: true })
  })

  it('ends when recording cannot go on', async () => {
    vi.stubEnv('FIXTURE', 'fatal')
    const home = daemonHome()
    await startDaemon(home, command)
    await vi.waitUntil(async () => !(await daemonStatus(home)).running, { timeout: 10_000 })
    expect(lastLines(home.logFile, 5).join('\n')).toMatch(/a write failed/)
  })

  it('survives its predecessor’s kill -9: stale socket, pid file and all', async () => {
    const home = daemonHome()
    const { pid } = await startDaemon(home, command)
    process.kill(pid as number, 'SIGKILL')
    await vi.waitUntil(() => !isProcess(pid as number, null), { timeout: 10_000 })
    expect(existsSync(socketPlace(home).path)).toBe(true)
    expect(await daemonStatus(home)).toMatchObject({ running: false })
    // The fixture's lock is a file; LevelDB's is the kernel's and dies with its process.
    rmSync(`${home.storeFolder}/LOCK`)
    expect(await startDaemon(home, command)).toMatchObject({ started: true, answers: true })
  })

  it('is stopped by a signal to that very process where its socket is gone', async () => {
    const home = daemonHome()
    const { pid } = await startDaemon(home, command)
    rmSync(socketPlace(home).path)
    expect(await daemonStatus(home)).toMatchObject({ running: true, answers: false, pid })
    expect(await stopDaemon(home)).toBe(pid)
    expect(isProcess(pid as number, null)).toBe(false)
  })

  it('never touches a process that merely has the pid of a daemon of before', async () => {
    const home = daemonHome()
    const pid = bystander()
    writePid(home, pid, 'another boot:1')
    expect(livingDaemon(home.pidFile)).toBeUndefined()
    expect(await stopDaemon(home)).toBeNull()
    expect(isProcess(pid, null)).toBe(true)
    writePid(home, pid, processStart(pid))
    expect(livingDaemon(home.pidFile)?.pid).toBe(pid)
    // So that the clean-up of this test does not take it for a daemon.
    writeFileSync(home.pidFile, '{"pid": 1')
    expect(livingDaemon(home.pidFile)).toBeUndefined()
  })
})

describe('call', () => {
  const taken = new HoldfastError('STORE_IN_USE', 'taken')

  it('runs here where no daemon runs', async () => {
    const local = async (_home: Home, name: string, args: unknown): Promise<unknown> => ({ name, args })
    expect(await call(temporaryHome(), 'op', { a: 1 }, io, { local })).toEqual({ name: 'op', args: { a: 1 } })
  })

  it('asks the socket again while a starting daemon has the store', async () => {
    const home = daemonHome()
    let tries = 0
    const local = async (): Promise<unknown> => {
      tries++
      if (tries === 2) await startDaemon(home, command)
      throw taken
    }
    expect(await call(home, 'hello', { name: 'late' }, io, { local, retryAfterMs: [1, 1, 1] })).toBe(
      'hello late',
    )
    expect(tries).toBe(2)
  })

  it('gives up after its last wait, and at once for any other error', async () => {
    let tries = 0
    const failing = (error: Error) => async (): Promise<never> => {
      tries++
      throw error
    }
    const options = { local: failing(taken), retryAfterMs: [1, 1] }
    await expect(call(temporaryHome(), 'op', null, io, options)).rejects.toBe(taken)
    expect(tries).toBe(3)
    const full = new HoldfastError('DISK_FULL', 'full')
    await expect(call(temporaryHome(), 'op', null, io, { local: failing(full) })).rejects.toBe(full)
    expect(tries).toBe(4)
  })
})
