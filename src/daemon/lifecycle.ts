import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { HoldfastError } from '../engine/core/errors.js'
import { connectControl } from './control-client.js'
import type { ControlConnection } from './control-client.js'
import type { Home } from './home.js'
import { lastLines } from './log-follow.js'
import { readableLogLine } from './log-lines.js'
import type { OperationIo } from './operation.js'
import { livingDaemon } from './pid-file.js'
import { prepareHome } from './private-folder.js'
import { isProcess } from './process-start.js'
import { checkedSocketPath, socketPlace } from './socket-path.js'

export interface DaemonStatus {
  readonly running: boolean
  readonly pid: number | null
  readonly version: string | null
  readonly sinceMs: number | null
  /** False where the process is there but does not answer (it starts, ends, or hangs). */
  readonly answers: boolean
}

const notRunning: DaemonStatus = { running: false, pid: null, version: null, sinceMs: null, answers: false }

/** Asks the daemon, then its pid file. Throws NOT_PRIVATE where the socket is not to be trusted. */
export async function daemonStatus(home: Home): Promise<DaemonStatus> {
  const connection = await connectedDaemon(home)
  if (connection !== undefined) {
    connection.close()
    const { pid, version, sinceMs } = connection.hello
    return { running: true, pid, version, sinceMs, answers: true }
  }
  const record = livingDaemon(home.pidFile)
  if (record === undefined) return notRunning
  const { pid, version, sinceMs } = record
  return { running: true, pid, version, sinceMs, answers: false }
}

/** A connection to this home's daemon, undefined where none listens or it does not answer. */
async function connectedDaemon(home: Home): Promise<ControlConnection | undefined> {
  try {
    return await connectControl(checkedSocketPath(socketPlace(home)))
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'DAEMON_UNREACHABLE') return undefined
    throw error
  }
}

/** Waits of a start or stop, in ms. A start with much to look through goes on by itself after `readyWithin`. */
const waits = {
  pollEvery: 25,
  answerWithin: 30_000,
  readyWithin: 10_000,
  endWithin: 30_000,
  killedWithin: 15_000,
}

/** How a daemon is started: the program and its arguments. Its own process, in no terminal's way. */
export type DaemonCommand = readonly [program: string, ...args: string[]]

/**
 * Starts a daemon of its own and resolves when it answers and recording began (or still looks through many files
 * after 10 s). `started` is false where one ran already.
 * Throws DAEMON_START_FAILED with the end of its log where it ended instead.
 */
export async function startDaemon(
  home: Home,
  command: DaemonCommand,
): Promise<DaemonStatus & { readonly started: boolean }> {
  prepareHome(home)
  const before = await daemonStatus(home)
  if (before.running) return { ...before, started: false }
  const logSize = statSync(home.logFile, { throwIfNoEntry: false })?.size ?? 0
  const child = spawnDetached(home, command)
  const childEnded = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  const waiting = new AbortController()
  const reason = await Promise.race([childEnded, untilReady(home, waiting.signal).then(() => null)]).finally(
    () => waiting.abort(),
  )
  child.unref()
  const after = await daemonStatus(home)
  // Where another start was first, its daemon is as good.
  if (reason !== null && !after.answers) throw startFailed(home, reason, logSize)
  return { ...after, started: reason === null }
}

function spawnDetached(home: Home, [program, ...args]: DaemonCommand): ChildProcess {
  const log = openSync(home.logFile, 'a', 0o600)
  try {
    // `/` as working folder: a daemon must not keep a file system from being unmounted.
    return spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', windowsHide: true })
  } finally {
    closeSync(log)
  }
}

/** Resolves when the daemon answers and records, is busy with its first look, or nobody waits any more. */
async function untilReady(home: Home, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + waits.answerWithin
  while (!signal.aborted) {
    const connection = await connectedDaemon(home)
    if (connection !== undefined) {
      const busy = AbortSignal.timeout(waits.readyWithin)
      const ready = connection.call('daemon.ready', null, silentIo(busy)).then(() => true)
      // A daemon that cannot record ends, which is seen at its process.
      if (await ready.catch(() => busy.aborted)) return
    }
    if (Date.now() > deadline)
      throw new HoldfastError(
        'DAEMON_START_FAILED',
        `the daemon did not answer within ${waits.answerWithin / 1000} s`,
      )
    await sleep(waits.pollEvery)
  }
}

function startFailed(home: Home, reason: string, logSize: number): HoldfastError {
  const lines = lastLines(home.logFile, 8, logSize).map((line) => `  ${readableLogLine(line)}`)
  return new HoldfastError(
    'DAEMON_START_FAILED',
    [`the daemon ended at once (${reason}):`, ...lines].join('\n'),
  )
}

/**
 * Stops the daemon: asks it, and where it does not answer sends SIGTERM to that very process. Resolves with its pid
 * when it has ended, null where none ran. Throws DAEMON_UNREACHABLE where it does not end.
 */
export async function stopDaemon(home: Home): Promise<number | null> {
  const record = livingDaemon(home.pidFile)
  const connection = await connectedDaemon(home)
  const pid = connection?.hello.pid ?? record?.pid
  if (pid === undefined) return null
  const start = record?.pid === pid ? record.start : null
  if (connection !== undefined) {
    await connection
      .call('daemon.stop', null, silentIo(AbortSignal.timeout(waits.readyWithin)))
      .catch(() => undefined)
    if (await ended(pid, start, waits.endWithin)) return pid
  }
  // Only a process that is known to be the one of the pid file is signalled.
  if (start !== null && isProcess(pid, start)) process.kill(pid, 'SIGTERM')
  if (await ended(pid, start, waits.killedWithin)) return pid
  throw new HoldfastError('DAEMON_UNREACHABLE', `the daemon (pid ${pid}) does not end`, {
    next: `See \`holdfast daemon logs\`. As a last resort: kill -9 ${pid}, then \`holdfast recover\`.`,
  })
}

async function ended(pid: number, start: string | null, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (isProcess(pid, start)) {
    if (Date.now() > deadline) return false
    await sleep(waits.pollEvery)
  }
  return true
}

/**
 * Lets a running daemon take the config as it is now. False where none runs. Throws what the daemon answers, such
 * as CONFIG_INVALID.
 */
export async function reloadDaemon(home: Home): Promise<boolean> {
  const connection = await connectedDaemon(home)
  if (connection === undefined) return false
  await connection.call('daemon.reload', null, silentIo(AbortSignal.timeout(waits.readyWithin)))
  return true
}

function silentIo(signal: AbortSignal): OperationIo {
  return { progress: () => undefined, bytes: () => Promise.resolve(), signal }
}
