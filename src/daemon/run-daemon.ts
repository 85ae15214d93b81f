import { rmSync, unwatchFile, watchFile } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { HoldfastError } from '../engine/core/errors.js'
import { loadConfig, parseConfig, readConfigText, type Config } from './config.js'
import { connectControl } from './control-client.js'
import { createControlServer } from './control-server.js'
import type { Home } from './home.js'
import type { Operations } from './operation.js'
import { livingDaemon, removePidFile, writePidFile } from './pid-file.js'
import { prepareHome } from './private-folder.js'
import { Recording } from './recording.js'
import type { RecorderControl, Service } from './recording.js'
import { checkedSocketPath, socketPlace } from './socket-path.js'

/** How often the config file is looked at for edits made by hand, in ms. Commands tell the daemon at once. */
const configEveryMs = 2_000

/** Waits before each further attempt to open a store that another process has, in ms. */
const storeRetryAfterMs = [50, 100, 200, 400, 800, 1_500, 2_000]

/** What the daemon needs of the store while it runs. */
export interface Closeable {
  close(): Promise<void>
}

/** What a daemon does beside recording. */
export interface Beside {
  /** The config was taken anew. Throws where it can't be read. */
  configChanged(): void
  /** Ends it in order, or gives up waiting for that. */
  stop(): Promise<void>
}

export interface DaemonOptions<T extends Closeable> {
  readonly home: Home
  readonly version: string
  readonly log: Logger
  readonly operations: Operations<T>
  /** Opens the store. Rejects with STORE_IN_USE where another process has it. */
  readonly open: () => Promise<T>
  /** Starts recording by the config as it is then. `onFatal` is for a store that failed: the daemon ends with it. */
  readonly startService: (runtime: T, onFatal: (error: unknown) => void) => Promise<Service>
  /** Called before commands are served, with what they may ask of the recording. */
  readonly onRecorder?: (runtime: T, recorder: RecorderControl) => void
  /** Starts what goes on beside the recording, once commands are served. */
  readonly startBeside?: (runtime: T) => Beside
  /** Ends the daemon in order. */
  readonly signal: AbortSignal
  /** Called once commands are served. */
  readonly onReady?: () => void
}

/**
 * Is the daemon until the signal aborts or a command stops it: holds the store, serves commands, records.
 * Resolves when all is closed and socket and pid file are gone.
 * Rejects with DAEMON_RUNNING where one runs already, STORE_IN_USE, CONFIG_INVALID, or what recording fails with.
 */
export async function runDaemon<T extends Closeable>(options: DaemonOptions<T>): Promise<void> {
  const { home, log } = options
  process.umask(0o077)
  for (const note of prepareHome(home)) log.warn(note)
  loadConfig(home)
  const socketPath = checkedSocketPath(socketPlace(home))
  const runtime = await openAlone(options, socketPath)
  // From here on this process holds the store's lock: a socket or pid file that is still there is a dead one's.
  try {
    await serve(options, runtime, socketPath)
  } finally {
    await runtime.close()
    // Last: while these are there, another process can see who has the store.
    if (process.platform !== 'win32') rmSync(socketPath, { force: true })
    removePidFile(home.pidFile)
    log.info('stopped')
  }
}

async function serve<T extends Closeable>(
  options: DaemonOptions<T>,
  runtime: T,
  socketPath: string,
): Promise<void> {
  const { home, version, log } = options
  const end = new End(options.signal)
  const recording = new Recording((onFatal) => options.startService(runtime, onFatal), end.fail, log)
  options.onRecorder?.(runtime, {
    settled: () => recording.settled(),
    restart: () => recording.restart(() => true),
  })
  const { sinceMs } = writePidFile(home.pidFile, version, Date.now())
  let beside: Beside | undefined
  const reload = configReload(home, recording, () => beside?.configChanged())
  const started = recording.start()
  // Also answered by `daemon.ready`; a failure ends the daemon.
  started.catch(end.fail)
  const server = await createControlServer({
    socketPath,
    operations: { ...options.operations, ...daemonOperations(end, reload, started) },
    runtime,
    version,
    sinceMs,
    onFault: (operation, err) => log.error({ err, operation }, 'a command failed'),
  }).catch(async (error: unknown) => {
    await recording.stop()
    throw error
  })
  watchFile(home.configFile, { interval: configEveryMs, persistent: false }, () => {
    reload().catch((err: unknown) => log.warn({ err }, 'the config was not taken'))
  })
  log.info({ pid: process.pid, version }, 'ready')
  options.onReady?.()
  try {
    beside = options.startBeside?.(runtime)
    await end.reached
    log.info('stopping')
  } finally {
    unwatchFile(home.configFile)
    await Promise.all([recording.stop(), server.close(), beside?.stop()])
  }
}

/**
 * Takes the config anew where its text is another than the one in use: a command that edits it and the look at the
 * file may both notice one change, and a look may be mistaken. The recording begins anew only for what concerns it: peers
 * come and go without it.
 */
function configReload(home: Home, recording: Recording, onTaken: () => void): () => Promise<void> {
  let taken = readConfigText(home.configFile)
  let recorded = recordingPart(parseConfig(taken, home.configFile))
  return async () => {
    await recording.restart(() => {
      const text = readConfigText(home.configFile)
      if (text === taken) return false
      const part = recordingPart(parseConfig(text, home.configFile))
      const changed = part !== recorded
      taken = text
      recorded = part
      return changed
    })
    onTaken()
  }
}

function recordingPart(config: Config): string {
  return JSON.stringify({ ...config, peers: [] })
}

/** Opens the store. A command may have it for a moment; another daemon has it for good. */
async function openAlone<T extends Closeable>(
  { home, open }: DaemonOptions<T>,
  socketPath: string,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    await refuseSecond(home, socketPath)
    try {
      return await open()
    } catch (error) {
      const wait = storeRetryAfterMs[attempt]
      if (!(error instanceof HoldfastError) || error.code !== 'STORE_IN_USE' || wait === undefined)
        throw error
      await sleep(wait)
    }
  }
}

async function refuseSecond(home: Home, socketPath: string): Promise<void> {
  const connection = await connectControl(socketPath)
  connection?.close()
  const pid = connection?.hello.pid ?? livingDaemon(home.pidFile)?.pid
  if (pid !== undefined && pid !== process.pid)
    throw new HoldfastError('DAEMON_RUNNING', `a daemon runs already (pid ${pid})`)
}

/** What a daemon does about itself, beside the operations on the store. */
function daemonOperations<T>(end: End, reload: () => Promise<void>, started: Promise<void>): Operations<T> {
  return {
    'daemon.ready': async () => {
      await started
      return {}
    },
    'daemon.reload': async () => {
      await reload()
      return {}
    },
    'daemon.stop': async () => {
      // Once the answer is on its way: closing the server waits for it.
      setImmediate(end.reach)
      return { pid: process.pid }
    },
  }
}

/** The daemon's end, asked for by the system or a command, or forced by a failure. */
class End {
  /** Rejects with the failure where there is one. */
  readonly reached: Promise<void>
  readonly reach: () => void
  readonly fail: (error: unknown) => void

  constructor(signal: AbortSignal) {
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined
    this.reached = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    // Whoever awaits `reached` gets the failure; until then it is not unhandled.
    this.reached.catch(() => undefined)
    this.reach = () => settle?.resolve()
    this.fail = (error) => settle?.reject(error)
    if (signal.aborted) this.reach()
    else signal.addEventListener('abort', this.reach, { once: true })
  }
}
