import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { findHome, type Home } from '../src/daemon/home.js'
import { prepareHome } from '../src/daemon/private-folder.js'
import type { OperationIo } from '../src/daemon/operation.js'
import { openRuntime, type Runtime } from '../src/daemon/runtime.js'
import { startService } from '../src/daemon/service.js'
import type { RecordingSession } from '../src/daemon/session.js'

/** A Holdfast of its own: `folder/home` has its store, `userHome` the agents' folders. */
export function benchHome(folder: string, userHome: string): Home {
  const home = findHome(benchEnvironment(folder, userHome))
  mkdirSync(userHome, { recursive: true })
  prepareHome(home)
  return home
}

/** The environment of a process that is to use that Holdfast. */
export function benchEnvironment(folder: string, userHome: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: userHome,
    HOLDFAST_HOME: join(folder, 'home'),
    HOLDFAST_NAME: 'bench',
  }
}

/** Says nothing to nobody. */
export const silentIo: OperationIo = {
  progress: () => undefined,
  bytes: () => Promise.resolve(),
  signal: new AbortController().signal,
}

export interface LiveRecording {
  readonly runtime: Runtime
  readonly session: RecordingSession
  close(): Promise<void>
}

/** Records in this process as the daemon does, with its watcher. Resolves when all that is there is recorded. */
export async function startLiveRecording(home: Home): Promise<LiveRecording> {
  const runtime = await openRuntime({ home, mode: 'write' })
  const log = pino({ level: 'silent' })
  const caughtUp = deferred<RecordingSession>()
  const service = await startService(runtime, {
    log,
    onFatal: caughtUp.reject,
    onCaughtUp: caughtUp.resolve,
  })
  const session = await caughtUp.promise
  return {
    runtime,
    session,
    close: async () => {
      await service.stop()
      await runtime.close()
    },
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) }
}
