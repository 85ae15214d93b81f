import type { Logger } from 'pino'

/** What records while the daemon runs. */
export interface Service {
  /** Ends recording; what was observed is durable when it resolves. */
  stop(): Promise<void>
}

/** Starts recording by the config as it is then. `onFatal` is called where recording cannot go on. */
export type StartService = (onFatal: (error: unknown) => void) => Promise<Service>

/** What may be asked of a daemon's recording from within. */
export interface RecorderControl {
  /** Resolves when it neither starts nor stops; it may have failed. */
  settled(): Promise<void>
  /** Ends it and starts it anew: the log is opened once more. */
  restart(): Promise<void>
}

/** The one service of a daemon, started, restarted and stopped one step at a time, in the order asked for. */
export class Recording {
  readonly #start: StartService
  readonly #onFatal: (error: unknown) => void
  readonly #log: Logger
  #service: Service | undefined
  #stopped = false
  #last: Promise<void> = Promise.resolve()

  constructor(start: StartService, onFatal: (error: unknown) => void, log: Logger) {
    this.#start = start
    this.#onFatal = onFatal
    this.#log = log
  }

  /** Resolves when recording began. */
  start(): Promise<void> {
    return this.#then(async () => {
      if (!this.#stopped) this.#service = await this.#start(this.#onFatal)
    })
  }

  /**
   * Takes the config as it is now, where `wanted` says that there is need. It throws where the config is not valid:
   * then all goes on as before, as a typing error must not end recording. Two services never run at once: the log
   * has one writer.
   */
  restart(wanted: () => boolean): Promise<void> {
    return this.#then(async () => {
      if (this.#stopped || !wanted()) return
      await this.#service?.stop()
      this.#service = undefined
      try {
        this.#service = await this.#start(this.#onFatal)
        this.#log.info('took the config anew')
      } catch (error) {
        // A daemon that serves but does not record would look healthy.
        this.#onFatal(error)
        throw error
      }
    })
  }

  /** Resolves when everything that was asked for before is done, or failed. */
  settled(): Promise<void> {
    return this.#last
  }

  stop(): Promise<void> {
    return this.#then(async () => {
      this.#stopped = true
      await this.#service?.stop()
      this.#service = undefined
    })
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step)
    this.#last = done.catch(() => undefined)
    return done
  }
}
