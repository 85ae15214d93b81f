import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { Link } from '../../engine/ports/link.js'
import type { StartCommand } from '../links/exec-link.js'
import { farCommand } from './far-command.js'
import type { HostKeyPolicy } from './host-key-policy.js'
import { OpeningLink } from './opening-link.js'
import { QuietStart } from './quiet-start.js'
import { destinationText, type SshDestination } from './ssh-destination.js'
import { NeedsSystemSsh } from './ssh-errors.js'
import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'
import { findRoute, type SshRoute } from './ssh-route.js'
import { SystemLink } from './system-link.js'

export interface SshLinkTools {
  readonly machine: SshMachine
  readonly clock: Clock
  readonly hasher: Hasher
  /** Runs the system's `ssh`. */
  readonly start: StartCommand
}

export interface OpenSshLinkOptions extends SshLinkTools {
  readonly destination: SshDestination
  /** Use the system's `ssh`, whatever the library could do. */
  readonly system: boolean
  /** How Holdfast is run over there, where the user said so. */
  readonly holdfastPath: string | undefined
  readonly policy: HostKeyPolicy
}

/**
 * A link to `holdfast serve --stdio` on a host that is named as for `ssh`: by the ssh2 library, or by the system's `ssh`
 * where the library can't do what the user's config or the host asks for. Sending and reading throw PEER_REFUSED (host
 * key, user), PEER_UNREACHABLE, PROTOCOL (its shell prints something of its own), CONFIG_INVALID.
 */
export function openSshLink(options: OpenSshLinkOptions): Link {
  const name = `ssh://${destinationText(options.destination)}`
  const link = new OpeningLink(name, (signal) => open(name, options, signal))
  return new QuietStart(link, options.hasher)
}

async function open(name: string, options: OpenSshLinkOptions, signal: AbortSignal): Promise<Link> {
  const { machine, clock, policy, destination, system } = options
  const route = await findRoute(machine, destination)
  const command = farCommand(options.holdfastPath)
  if (system) {
    if (!(route[route.length - 1] as SshHost).asked)
      throw new HoldfastError(
        'PEER_UNREACHABLE',
        `${name} needs the system’s ssh, and none is installed here`,
        {
          next: `Install OpenSSH’s client, or name the peer ssh://${destinationText(destination)}.`,
        },
      )
    return openSystemLink(name, options, route, command)
  }
  try {
    // Most commands need no SSH: its library is loaded when one does.
    const { openLibraryLink } = await import('./library-link.js')
    return await openLibraryLink({ name, route, machine, clock, policy, signal, farCommand: command })
  } catch (error) {
    if (!(error instanceof NeedsSystemSsh)) throw error
    if (!(route[route.length - 1] as SshHost).asked) throw error.instead
    return openSystemLink(name, options, route, command)
  }
}

function openSystemLink(
  name: string,
  { policy, start, clock }: OpenSshLinkOptions,
  route: SshRoute,
  command: string,
): Link {
  const { ownFile, addCommand } = policy
  return new SystemLink({
    name,
    route,
    ownKnownHosts: ownFile,
    farCommand: command,
    addCommand,
    start,
    clock,
  })
}
