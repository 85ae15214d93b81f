import { createAdaptorServer } from '@hono/node-server'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DaemonStatus } from '../daemon/lifecycle.js'
import { HoldfastError } from '../engine/core/errors.js'
import { Access } from './access.js'
import { reviewApp } from './app.js'
import { Asker, type Ask } from './asker.js'

export interface ReviewOptions {
  readonly ask: Ask
  readonly daemonStatus: () => Promise<DaemonStatus>
  /** The page's scripts by path. */
  readonly scripts: ReadonlyMap<string, string>
  /** 0: any that is free. */
  readonly port: number
  /** Ends it in order. */
  readonly signal: AbortSignal
  /** Called once browsers can connect. */
  readonly onListening: (listening: ReviewListening) => void
  /** Ends by itself after so long without a request of the page. Default: `idleMaxMs`. */
  readonly idleMs?: number
}

export interface ReviewListening {
  /** The link for people. */
  readonly url: string
  /** A link for one use within a minute, for a browser that is started with it. */
  readonly openUrl: string
}

/** stopped: by the signal. idle: nobody looked for so long. */
export type ReviewEnd = 'stopped' | 'idle'

/** A page that is open and visible asks every few seconds: none was for eight hours. */
export const idleMaxMs = 8 * 60 * 60 * 1000

const address = '127.0.0.1'
const connectionsMax = 64

/**
 * Serves the page on the loopback address until the signal aborts or nobody looks any more. Throws ADDRESS_IN_USE where
 * the port is taken.
 */
export async function serveReview(options: ReviewOptions): Promise<ReviewEnd> {
  const { signal, idleMs = idleMaxMs } = options
  const access = new Access(Date.now)
  const ending = new AbortController()
  const asker = new Asker(options.ask, ending.signal)
  let end: ReviewEnd = 'stopped'
  const idle = setTimeout(() => {
    end = 'idle'
    ending.abort(ended())
  }, idleMs)
  let port = options.port
  const app = reviewApp({
    access,
    asker,
    scripts: options.scripts,
    daemonStatus: options.daemonStatus,
    now: Date.now,
    port: () => port,
    onAdmitted: () => idle.refresh(),
  })
  // Without TLS it is Node's plain server, whose type the library widens.
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
  }) as Server
  server.maxConnections = connectionsMax
  try {
    port = await listen(server, options.port)
    const link = (token: string): string => `http://${address}:${port}/?token=${token}`
    options.onListening({ url: link(access.token), openUrl: link(access.issueTicket()) })
    await aborted(AbortSignal.any([signal, ending.signal]))
  } finally {
    clearTimeout(idle)
    server.close()
    ending.abort(ended())
    // What is being decided is in the log, and said so, before the process ends.
    await asker.idle()
    server.closeAllConnections()
  }
  return end
}

function ended(): HoldfastError {
  return new HoldfastError('INTERRUPTED', 'the page’s server has ended', {
    next: 'Run `holdfast review` again.',
  })
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refused(error, port)))
    server.listen({ host: address, port, exclusive: true }, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}

function refused(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  return new HoldfastError('ADDRESS_IN_USE', `port ${port} can’t be used (${error.code})`, {
    cause: error,
    next: 'Name another port, or none for any that is free.',
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
