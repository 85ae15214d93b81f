import type { CallMode } from '../../src/daemon/call.js'
import type { DaemonStatus } from '../../src/daemon/lifecycle.js'
import type { Ask } from '../../src/review/asker.js'
import { serveReview, type ReviewEnd, type ReviewListening } from '../../src/review/server.js'

/** What was asked of the operations, in order. */
export interface Asked {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly mode: CallMode
}

export interface ServedPage extends ReviewListening {
  readonly asked: readonly Asked[]
  readonly origin: string
  readonly ended: Promise<ReviewEnd>
  stop(): Promise<ReviewEnd>
}

export interface ServedOptions {
  readonly ask: Ask
  readonly scripts?: ReadonlyMap<string, string>
  readonly daemon?: Partial<DaemonStatus>
  readonly idleMs?: number
  readonly port?: number
}

/** Serves the page in this process, with operations of a test's own. */
export async function servePage(options: ServedOptions): Promise<ServedPage> {
  const stop = new AbortController()
  const asked: Asked[] = []
  const daemon = { running: true, pid: 1, version: '1', sinceMs: Date.now() - 60_000, answers: true }
  let ended: Promise<ReviewEnd> = Promise.resolve('stopped')
  const listening = await new Promise<ReviewListening>((resolve, reject) => {
    ended = serveReview({
      ask: <R>(...[name, args, mode, signal]: Parameters<Ask>) => {
        asked.push({ name, args: args as Asked['args'], mode })
        return options.ask<R>(name, args, mode, signal)
      },
      daemonStatus: () => Promise.resolve({ ...daemon, ...options.daemon }),
      scripts: options.scripts ?? new Map(),
      port: options.port ?? 0,
      signal: stop.signal,
      onListening: resolve,
      ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    })
    ended.catch(reject)
  })
  return {
    ...listening,
    asked,
    origin: new URL(listening.url).origin,
    ended,
    stop: () => {
      stop.abort()
      return ended
    },
  }
}
