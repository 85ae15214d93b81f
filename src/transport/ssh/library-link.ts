import type { ClientChannel } from 'ssh2'
import { connectRoute, type ConnectRouteOptions } from './connect-route.js'
import { printable } from '../sync/printable.js'
import { unreachable } from './ssh-errors.js'
import type { SshHost } from './ssh-host.js'
import { SshLink } from './ssh-link.js'
import type { SshRoute } from './ssh-route.js'

export interface LibraryLinkOptions extends ConnectRouteOptions {
  readonly name: string
  readonly route: SshRoute
  readonly farCommand: string
}

/** A link by the ssh2 library. Throws PEER_REFUSED, PEER_UNREACHABLE, INTERRUPTED, or NeedsSystemSsh. */
export async function openLibraryLink(options: LibraryLinkOptions): Promise<SshLink> {
  const { name, route, farCommand, policy } = options
  const { client, destroy } = await connectRoute(route, options)
  try {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.exec(farCommand, (error, opened) => {
        if (error) reject(error)
        else resolve(opened)
      })
    })
    return new SshLink({ name, channel, client, destroy, addCommand: policy.addCommand })
  } catch (error) {
    destroy()
    const { message } = error as Error
    const broke = /No response|Not connected/.test(message)
    const why = broke ? 'it closed the connection' : `it runs no command: ${printable(message)}`
    throw unreachable(route[route.length - 1] as SshHost, why, error)
  }
}

/** Connects only to see the host keys on the way, and ends. Throws as `openLibraryLink` does. */
export async function meetHosts(options: Omit<LibraryLinkOptions, 'farCommand'>): Promise<void> {
  const { client, destroy } = await connectRoute(options.route, options)
  client.end()
  destroy()
}
