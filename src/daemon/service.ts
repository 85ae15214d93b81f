import type { Logger } from 'pino'

import type { Watch, Watcher } from '../engine/ports/watcher.js'
import type { SweepProgress } from '../engine/record/recorder.js'
import { createFolderWatcher } from '../platform/folder-watcher.js'
import { createPollingWatcher } from '../platform/polling-watcher.js'
import { splitOpenConflicts } from './auto-split.js'
import type { Service } from './recording.js'
import { startRecording } from './recording-session.js'
import type { Runtime } from './runtime.js'
import type { RecordingSession } from './session.js'
import type { DaemonRoot } from './watched-roots.js'

export interface ServiceOptions {
  readonly log: Logger
  /** The store failed: recording can't go on. */
  readonly onFatal: (error: unknown) => void
  readonly onProgress?: SweepProgress
  /** Called when everything that was there at the start is recorded. */
  readonly onCaughtUp?: (session: RecordingSession) => void
}

/** How often a mount is looked at where watching is blind. */
const pollEveryMs = 1000
/** How often the log is told what was written back. */
const flushEveryMs = 60_000
/** How often the witness follows the log. */
const witnessEveryMs = 60_000

/**
 * Records until it is stopped: watches the roots, catches up with what happened meanwhile, and sweeps by the clock for
 * what the watcher missed. Resolves when recording began; catching up goes on behind.
 */
export async function startService(runtime: Runtime, options: ServiceOptions): Promise<Service> {
  const { log } = options
  // Read here, where a config that is not valid refuses the start: once recording runs, a typing error must not end it.
  const { sweepEveryMs } = runtime.config()
  const session = await startRecording(runtime, { onFatal: options.onFatal })
  if (session.own.opened !== null) log.warn({ reason: session.own.opened }, 'opened a new log')
  const { damage } = session.untold
  if (damage.length > 0) log.error({ damage }, 'the log is damaged: run `holdfast recover`')
  const loop = new ServiceLoop(runtime, session, options, sweepEveryMs)
  loop.start()
  return loop
}

class ServiceLoop implements Service {
  readonly #runtime: Runtime
  readonly #session: RecordingSession
  readonly #options: ServiceOptions
  readonly #sweepEveryMs: number
  readonly #watches = new Map<string, Watch>()
  readonly #stop = new AbortController()
  #running: Promise<unknown> = Promise.resolve()
  #catchUp = (): void => undefined
  /** Ends the wait before the next look at what is to be written back. */
  #wake = (): void => undefined
  /** Nothing is written before everything that is on disk was looked at once. */
  readonly #caughtUp = new Promise<void>((resolve) => {
    this.#catchUp = resolve
  })

  constructor(runtime: Runtime, session: RecordingSession, options: ServiceOptions, sweepEveryMs: number) {
    this.#runtime = runtime
    this.#session = session
    this.#options = options
    this.#sweepEveryMs = sweepEveryMs
  }

  start(): void {
    this.#running = Promise.all([this.#record(), this.#witness(), this.#writeBack()]).catch(
      this.#options.onFatal,
    )
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#catchUp()
    this.#wake()
    await this.#session.stop()
    await this.#running
    await Promise.all([...this.#watches.values()].map((watch) => watch.close()))
  }

  async #record(): Promise<void> {
    const { recorder, roots } = this.#session
    // Watching before looking: nothing falls between the two.
    for (const root of roots) {
      await this.#watch(root, root.poll)
    }
    const first = await recorder.sweep(this.#options.onProgress)
    this.#options.log.info(first, 'caught up')
    this.#options.onCaughtUp?.(this.#session)
    this.#catchUp()
    while (!this.#stop.signal.aborted) {
      await this.#runtime.clock.sleep(this.#sweepEveryMs, this.#stop.signal)
      if (!this.#stop.signal.aborted) await recorder.sweep()
    }
  }

  async #watch(root: DaemonRoot, poll: boolean): Promise<void> {
    const { log } = this.#options
    const watcher: Watcher = poll
      ? createPollingWatcher({ everyMs: pollEveryMs, clock: this.#runtime.clock })
      : createFolderWatcher()
    const onBlind = (reason: string): void => {
      if (poll || this.#stop.signal.aborted) return
      log.warn({ root: root.name, reason }, 'the watcher is blind here: polling instead')
      const blind = this.#watches.get(root.name)
      this.#watch(root, true)
        .then(() => blind?.close())
        .catch(this.#options.onFatal)
    }
    try {
      const watch = await watcher.watch(root.base, (path) => this.#session.recorder.hint(path), onBlind)
      if (this.#stop.signal.aborted) await watch.close()
      // A folder that turned out blind meanwhile is polled already.
      else if (poll || !this.#watches.has(root.name)) this.#watches.set(root.name, watch)
      else await watch.close()
    } catch (err) {
      log.error({ err, root: root.name }, 'can’t watch; sweeps alone find what changes')
    }
  }

  /** Writes back what comes in, at once; what is held when it may have become quiet; says in the log now and then what it did. */
  async #writeBack(): Promise<void> {
    const { clock, streams } = this.#runtime
    const { writeBack } = this.#session
    // As it was at the start: a change of it starts the recording anew.
    const config = this.#runtime.config()
    const unlisten = this.#session.onWake(() => this.#wake())
    const unheard = this.#runtime.store.onAdded(() => this.#wake())
    const all = await streams()
    await this.#caughtUp
    let flushAtMs = clock.now() + flushEveryMs
    while (!this.#stop.signal.aborted) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      await all.catchUp()
      const { written } = await writeBack.pass()
      if (written.length > 0) this.#options.log.debug({ files: written.length }, 'wrote back')
      const split = await splitOpenConflicts(this.#runtime, { signal: this.#stop.signal }, config)
      if (split > 0) this.#options.log.info({ conflicts: split }, 'split sessions that two hosts continued')
      if (clock.now() >= flushAtMs) {
        await writeBack.flushWritten()
        await writeBack.sweepReplaced()
        flushAtMs = clock.now() + flushEveryMs
      }
      const untilMs = Math.min(flushAtMs, writeBack.retryAtMs ?? Number.POSITIVE_INFINITY)
      const waitMs = Math.max(1, untilMs - clock.now())
      if (!this.#stop.signal.aborted) await clock.sleep(waitMs, woken.signal)
    }
    unlisten()
    unheard()
  }

  async #witness(): Promise<void> {
    let noted = -1
    while (!this.#stop.signal.aborted) {
      await this.#runtime.clock.sleep(witnessEveryMs, this.#stop.signal)
      const { own } = this.#session
      const events = this.#runtime.store.reader.log(own.writer.log)?.events ?? 0
      if (this.#stop.signal.aborted || events === noted) continue
      own.witness()
      noted = events
    }
  }
}
