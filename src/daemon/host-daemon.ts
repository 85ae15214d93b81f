import { pino } from 'pino'
import { HoldfastError } from '../engine/core/errors.js'
import type { Home } from './home.js'
import { LogFile } from './log-file.js'
import { readableLogLine } from './log-lines.js'
import { operations } from './operations.js'
import { startPeerConnections } from './peer-service.js'
import { prepareHome } from './private-folder.js'
import { runDaemon } from './run-daemon.js'
import { openRuntime } from './runtime.js'
import { startService } from './service.js'
import type { ServiceOptions } from './service.js'

export interface HostDaemonOptions {
  readonly home: Home
  readonly version: string
  readonly signal: AbortSignal
  /** Gets each line of the log, readable, beside the file; null where the file is enough. */
  readonly echo: ((line: string) => void) | null
  /** How far the first look at everything is. */
  readonly onProgress?: NonNullable<ServiceOptions['onProgress']>
  /** Called when everything that was there at the start is recorded. */
  readonly onCaughtUp?: () => void
}

/** This host's real daemon: its log file, its store, its recorder. Resolves and rejects as `runDaemon`. */
export async function runHostDaemon(options: HostDaemonOptions): Promise<void> {
  const { home, version, signal, echo, onProgress, onCaughtUp } = options
  const look = { ...(onProgress ? { onProgress } : {}), ...(onCaughtUp ? { onCaughtUp } : {}) }
  process.umask(0o077)
  const notes = prepareHome(home)
  const file = new LogFile(home.logFile)
  const log = pino(
    { base: null, level: process.env['HOLDFAST_DEBUG'] === '1' ? 'debug' : 'info' },
    {
      write: (line: string) => {
        file.write(line)
        echo?.(readableLogLine(line.trimEnd()))
      },
    },
  )
  for (const note of notes) log.warn(note)
  try {
    await runDaemon({
      home,
      version,
      log,
      operations,
      open: () => openRuntime({ home, mode: 'write' }),
      onRecorder: (runtime, recorder) => {
        runtime.recorder = recorder
      },
      startBeside: (runtime) => startPeerConnections(runtime, log),
      startService: (runtime, onFatal) => startService(runtime, { log, onFatal, ...look }),
      signal,
    })
  } catch (err) {
    // Without an echo, what the command prints about it goes to the very same file. A second daemon that was refused
    // has no place in the log of the first.
    const refused = err instanceof HoldfastError && err.code === 'DAEMON_RUNNING'
    if (echo !== null && !refused) log.fatal({ err }, 'ended')
    throw err
  } finally {
    file.close()
  }
}
