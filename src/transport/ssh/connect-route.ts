import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Clock } from '../../engine/ports/clock.js'
import { printable } from '../sync/printable.js'
import { connectHost } from './connect-host.js'
import { dial } from './dial.js'
import type { HostKeyPolicy } from './host-key-policy.js'
import { prepareHost } from './prepare-host.js'
import { destinationText } from './ssh-destination.js'
import { unreachable } from './ssh-errors.js'
import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'
import type { SshRoute } from './ssh-route.js'

export interface SshConnection {
  readonly client: Client
  /** Breaks the connection, jumps included, at once. */
  readonly destroy: () => void
}

export interface ConnectRouteOptions {
  readonly machine: SshMachine
  readonly clock: Clock
  readonly policy: HostKeyPolicy
  readonly signal: AbortSignal
}

/** Connects through every jump to the last host of a route; each host is checked. Throws as `connectHost` does. */
export async function connectRoute(route: SshRoute, options: ConnectRouteOptions): Promise<SshConnection> {
  const { machine, clock, policy, signal } = options
  // All of them first: whether the library can go the whole way is known before the first connection.
  const hops = await Promise.all(route.map((host) => prepareHost(machine, host, policy, signal)))
  const first = await dial(route[0], clock, signal)
  const destroy = (): void => {
    first.destroy()
  }
  try {
    let socket: Duplex = first
    let client: Client | undefined
    for (const prepared of hops) {
      if (client) socket = await forward(client, route, prepared.host)
      client = await connectHost({ machine, prepared, policy, socket, signal })
    }
    return { client: client as Client, destroy }
  } catch (error) {
    destroy()
    throw error
  }
}

/** A connection that the last jump opens for us. */
function forward(jump: Client, route: SshRoute, to: SshHost): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const from = route[route.indexOf(to) - 1] as SshHost
    const fail = (error: Error): void => {
      const through = destinationText(from.destination)
      reject(
        unreachable(to, `${through}, through which it is reached, says: ${printable(error.message)}`, error),
      )
    }
    try {
      jump.forwardOut('127.0.0.1', 0, to.hostName, to.port, (error, channel) => {
        if (error) fail(error)
        else {
          channel.on('error', () => undefined)
          resolve(channel)
        }
      })
    } catch (error) {
      fail(error as Error)
    }
  })
}
