import type { HostDaemonOptions } from '../daemon/host-daemon.js'
import type { Home } from '../daemon/home.js'
import { watchLive } from './live-watch.js'
import type { LiveView } from './live-view.js'

export interface ForegroundOptions {
  readonly home: Home
  readonly version: string
  readonly view: LiveView
  readonly signal: AbortSignal
}

/**
 * Is the daemon in this very process, and shows what it does; it is asked through its socket, like any other.
 * Resolves when it has ended in order, at the signal or because a command stopped it; rejects with what it failed with.
 */
export async function runInForeground({ home, version, view, signal }: ForegroundOptions): Promise<void> {
  const { runHostDaemon } = await import('../daemon/host-daemon.js')
  const stop = new AbortController()
  const ending = AbortSignal.any([signal, stop.signal])
  const options: HostDaemonOptions = {
    home,
    version,
    signal: ending,
    echo: (line) => {
      if (/^\S+ (?:warn|error|fatal) /.test(line)) view.notice(line.replace(/^\S+ \w+ +/, ''))
    },
    onProgress: (done) => view.progress(done),
    onCaughtUp: () => view.caughtUp(),
  }
  // Whichever ends first takes the other with it; the daemon's own failure is the one that counts.
  const [daemon, watch] = await Promise.allSettled([
    runHostDaemon(options).finally(() => stop.abort()),
    watchLive({ home, view, patienceMs: Infinity, signal: ending }).finally(() => stop.abort()),
  ])
  if (daemon.status === 'rejected') throw daemon.reason
  if (watch.status === 'rejected') throw watch.reason
}
