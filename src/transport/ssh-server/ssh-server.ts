import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { HoldfastError } from '../../engine/core/errors.js'
import { displaced } from './displaced.js'
import { SshConnection } from './ssh-connection.js'
import type { ConnectionHost } from './ssh-connection.js'
import { sshServerLimits } from './ssh-server-limits.js'
import type { SshServerLimits } from './ssh-server-limits.js'

export interface SshServerOptions extends Omit<ConnectionHost, 'limits' | 'admit' | 'ident'> {
  /** An address of this machine. */
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly limits?: Partial<SshServerLimits>
}

export interface SshServer {
  /** As it listens now. */
  readonly host: string
  readonly port: number
  /** Connections that are open, for tests and status. */
  readonly connections: number
  /** Rejects when it can listen no longer. */
  readonly failed: Promise<never>
  /** Takes no more connections, tells what is served to end, and resolves when every connection is closed. */
  close(): Promise<void>
}

/**
 * Listens for SSH clients that want one thing: a channel that speaks the protocol. There is no shell, no terminal, no
 * forwarding, no file transfer and no environment, and no command of a client is ever run. Rejects with ADDRESS_IN_USE,
 * with NOT_WRITABLE where the port needs a right that this user lacks, and with USAGE for no address of this machine.
 */
export async function listenSsh(options: SshServerOptions): Promise<SshServer> {
  const limits = { ...sshServerLimits, ...options.limits }
  const { clock } = options
  // In the order in which they came.
  const open = new Set<SshConnection>()
  const loggedIn = (): number => [...open].filter((each) => each.loggedIn).length
  const host: ConnectionHost = {
    ...options,
    limits,
    ident: 'Holdfast',
    admit: () => loggedIn() < limits.connectionsMax,
  }
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const strangers = [...open].filter((each) => !each.loggedIn)
    if (strangers.length >= limits.strangersMax) displaced(strangers)?.destroy()
    const connection = new SshConnection(socket, host)
    open.add(connection)
    socket.once('close', () => open.delete(connection))
  })
  const { address, port } = await listen(server, options.host, options.port)
  const failed = new Promise<never>((_, reject) => {
    server.once('error', reject)
  })
  failed.catch(() => undefined)
  return {
    host: address,
    port,
    get connections() {
      return open.size
    },
    failed,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const connection of open) connection.end()
      const waiting = new AbortController()
      await Promise.race([closed, clock.sleep(limits.closeMs, waiting.signal)])
      waiting.abort()
      for (const connection of open) connection.destroy()
      await Promise.all([closed, ...[...open].map((connection) => connection.closed)])
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port))
    server.once('error', onError)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', onError)
      resolve(server.address() as AddressInfo)
    })
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): HoldfastError {
  const at = `${host}:${port}`
  if (error.code === 'EADDRINUSE')
    return new HoldfastError('ADDRESS_IN_USE', `${at} is in use already`, { cause: error })
  if (error.code === 'EACCES')
    return new HoldfastError('NOT_WRITABLE', `this user may not listen at ${at}`, {
      cause: error,
      next: 'Name a port from 1024 on.',
    })
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return new HoldfastError('USAGE', `${host} is no address of this machine`, {
      cause: error,
      next: 'Name one that is, for example 127.0.0.1, or 0.0.0.0 for all of them.',
    })
  return new HoldfastError('INTERNAL', `can’t listen at ${at}: ${error.message}`, { cause: error })
}
