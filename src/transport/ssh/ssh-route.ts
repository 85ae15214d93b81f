import { HoldfastError } from '../../engine/core/errors.js'
import {
  destinationArguments,
  destinationText,
  parseSshDestination,
  type SshDestination,
} from './ssh-destination.js'
import { readSshHost, type SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'

/** The hosts on the way, each reached through the one before; the last is the one that was meant. */
export type SshRoute = readonly [...SshHost[], SshHost]

/** More hops than anybody has: a config whose jumps lead in a circle ends here. */
const hopsMax = 8

/** Resolves what `ssh` would do, jumps included. Throws CONFIG_INVALID, USAGE. */
export async function findRoute(machine: SshMachine, destination: SshDestination): Promise<SshRoute> {
  const host = await resolve(machine, destination)
  return [...(await jumpsTo(machine, host, 1)), host]
}

/** As `ssh` has it: the first jump is reached as the config says for it, each further one through the one before. */
async function jumpsTo(machine: SshMachine, host: SshHost, depth: number): Promise<SshHost[]> {
  if (host.proxyJump === null) return []
  const [first, ...rest] = host.proxyJump.split(',').map((spec) => jumpDestination(host, spec))
  if (!first) return []
  if (depth + rest.length >= hopsMax)
    throw new HoldfastError('CONFIG_INVALID', `${destinationText(host.destination)}: too many jumps to it`, {
      next: 'Look at ProxyJump in ~/.ssh/config: the jumps may lead in a circle.',
    })
  const nearest = await resolve(machine, first)
  const before = await jumpsTo(machine, nearest, depth + rest.length + 1)
  const others = await Promise.all(rest.map((jump) => resolve(machine, jump)))
  return [...before, nearest, ...others]
}

async function resolve(machine: SshMachine, destination: SshDestination): Promise<SshHost> {
  const output = await machine.effectiveConfig(['-G', ...destinationArguments(destination)])
  return readSshHost(destination, output, machine)
}

function jumpDestination(host: SshHost, spec: string): SshDestination {
  const text = spec.trim().replace(/^ssh:\/\//, '')
  const destination = parseSshDestination(text.replace(/\/$/, ''))
  if (destination) return destination
  throw new HoldfastError(
    'CONFIG_INVALID',
    `${destinationText(host.destination)}: its ProxyJump “${text}” names no host`,
    { next: 'Look at ProxyJump in ~/.ssh/config.' },
  )
}
