import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../daemon/home.js'
import type { StatusResult } from '../daemon/operations/status.js'
import { HoldfastError } from '../engine/core/errors.js'
import { askDaemon } from './ask-daemon.js'
import { ChangeGroup } from './change-group.js'
import type { LiveView } from './live-view.js'

/** How often the daemon is asked how it stands, in ms: while something happens, and while nothing does. */
const statusEveryMs = { busy: 1_000, idle: 3_000 }
const retryEveryMs = 100

export interface LiveWatchOptions {
  readonly home: Home
  readonly view: LiveView
  /** How long a daemon that does not answer is waited for, in ms: it may be restarting. */
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/**
 * Shows what the daemon records until the signal aborts. Rejects where the daemon is gone for longer than the
 * patience, with what was last said about it.
 */
export async function watchLive(options: LiveWatchOptions): Promise<void> {
  const { signal } = options
  const stop = new AbortController()
  const watch = new LiveWatch(options, AbortSignal.any([signal, stop.signal]))
  try {
    await Promise.all([watch.follow(), watch.draw()])
  } catch (error) {
    // Whatever ends because it was asked to ends well.
    if (!signal.aborted) throw error
  } finally {
    stop.abort()
  }
}

class LiveWatch {
  readonly #options: LiveWatchOptions
  readonly #signal: AbortSignal
  readonly #group = new ChangeGroup()

  constructor(options: LiveWatchOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** Listens to what becomes durable, again and again where the daemon restarts. */
  async follow(): Promise<void> {
    const { home, patienceMs } = this.#options
    let lastHeardMs = Date.now()
    while (!this.#signal.aborted) {
      try {
        await askDaemon(home, 'daemon.ready', { signal: this.#signal })
        lastHeardMs = Date.now()
        await this.#followOnce()
        lastHeardMs = Date.now()
      } catch (error) {
        if (!isAway(error) || Date.now() - lastHeardMs > patienceMs) throw error
      }
      await sleep(retryEveryMs, undefined, { signal: this.#signal })
    }
  }

  async #followOnce(): Promise<void> {
    const decoder = new StringDecoder('utf8')
    let partial = ''
    await askDaemon(this.#options.home, 'follow', {
      signal: this.#signal,
      bytes: (chunk) => {
        const lines = (partial + decoder.write(Buffer.from(chunk))).split('\n')
        partial = lines.pop() ?? ''
        for (const line of lines) this.#group.addLine(line)
        return Promise.resolve()
      },
    })
  }

  /** Hands over what was gathered, and asks how the daemon stands: often while something happens. */
  async draw(): Promise<void> {
    const { view } = this.#options
    let [askedMs, busy] = [-Infinity, true]
    while (!this.#signal.aborted) {
      const { changes, skipped } = this.#group.take()
      if (changes.length > 0 || skipped > 0) view.changed(changes, skipped)
      busy ||= changes.length > 0 || view.importing
      if (Date.now() - askedMs >= (busy ? statusEveryMs.busy : statusEveryMs.idle)) {
        const answered = await this.#ask()
        // A daemon that starts answers soon: it is asked again at the next tick.
        askedMs = answered ? Date.now() : -Infinity
        busy = !answered
      }
      view.tick()
      await sleep(view.everyMs, undefined, { signal: this.#signal })
    }
  }

  /** Shows how the daemon stands; false where it does not answer just now, which `follow` deals with. */
  async #ask(): Promise<boolean> {
    const { home, view } = this.#options
    try {
      const status = await askDaemon<StatusResult>(home, 'status', { signal: this.#signal })
      view.show(status)
      return status.recording
    } catch (error) {
      if (!isAway(error)) throw error
      return false
    }
  }
}

/** Not there just now, or between two recordings: worth another try. */
function isAway(error: unknown): boolean {
  return (
    error instanceof HoldfastError &&
    (error.code === 'DAEMON_NOT_RUNNING' || error.code === 'DAEMON_UNREACHABLE')
  )
}
