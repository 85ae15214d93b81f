import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import { connectTimeoutMs } from './connect-host.js'
import { unreachable } from './ssh-errors.js'
import type { SshHost } from './ssh-host.js'

/** What a failed connection means, by the system's code. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host is known',
  EAI_AGAIN: 'its name can’t be resolved now',
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
}

/** Opens a TCP connection to a host. Throws PEER_UNREACHABLE, INTERRUPTED. */
export async function dial(host: SshHost, clock: Clock, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: host.hostName,
    port: host.port,
    ...(host.family === 0 ? {} : { family: host.family }),
    ...(host.bindAddress === null ? {} : { localAddress: host.bindAddress }),
    noDelay: true,
    keepAlive: true,
  })
  // The listener stays: an error that nobody hears would end the process.
  socket.on('error', () => undefined)
  const over = new AbortController()
  try {
    await new Promise<void>((resolve, reject) => {
      const interrupt = (): void => reject(new HoldfastError('INTERRUPTED', 'the link is closed'))
      signal.addEventListener('abort', interrupt, { signal: over.signal })
      if (signal.aborted) interrupt()
      socket.once('connect', resolve)
      socket.once('error', (error: NodeJS.ErrnoException) =>
        reject(unreachable(host, reasonOf(error), error)),
      )
      const limitMs = host.connectTimeoutMs ?? connectTimeoutMs
      void clock.sleep(limitMs, over.signal).then(() => {
        if (!over.signal.aborted)
          reject(unreachable(host, `no answer within ${Math.round(limitMs / 1000)} s`))
      })
    })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    over.abort()
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? error.message
}
