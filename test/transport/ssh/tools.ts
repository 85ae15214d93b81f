import { spawn } from 'node:child_process'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { createSshMachine } from '../../../src/platform/ssh-machine.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import type { StartCommand, StartedCommand } from '../../../src/transport/links/exec-link.js'
import { openSshLink, type OpenSshLinkOptions } from '../../../src/transport/ssh/open-ssh-link.js'
import { openLibraryLink } from '../../../src/transport/ssh/library-link.js'
import { OpeningLink } from '../../../src/transport/ssh/opening-link.js'
import { findRoute } from '../../../src/transport/ssh/ssh-route.js'
import { SystemLink } from '../../../src/transport/ssh/system-link.js'
import { parseSshDestination } from '../../../src/transport/ssh/ssh-destination.js'
import type { SshMachine } from '../../../src/transport/ssh/ssh-machine.js'
import type { Link } from '../../../src/engine/ports/link.js'
import type { SshWorld } from './sshd.js'

const hasher = await createHasher()

/** As the platform's, in the environment of a world. */
export function startIn(env: Record<string, string>): (command: string) => StartedCommand {
  return (command) => {
    const child = spawn('sh', ['-c', command], { stdio: 'pipe', env })
    child.stdin.on('error', () => undefined)
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      ended: new Promise((resolve) => {
        child.once('error', (error) => resolve({ code: null, signal: null, error }))
        child.once('close', (code, signal) => resolve({ code, signal }))
      }),
      kill: (force) => void child.kill(force ? 'SIGKILL' : 'SIGTERM'),
    }
  }
}

/** The environment that the world's client has, an agent besides. */
export function machineOf(world: SshWorld, env: Record<string, string> = {}): SshMachine {
  return createSshMachine({ ...world.env, ...env })
}

/** A link of the world's client. `holdfastPath` is any command: what it gets as arguments says nothing here. */
export function linkTo(
  world: SshWorld,
  destination: string,
  options: Partial<Omit<OpenSshLinkOptions, 'destination' | 'policy'>> & {
    readonly accept?: readonly string[]
    readonly env?: Record<string, string>
  } = {},
): Link {
  const parsed = parseSshDestination(destination)
  if (!parsed) throw new Error(destination)
  return openSshLink({
    destination: parsed,
    system: false,
    holdfastPath: undefined,
    machine: machineOf(world, options.env),
    clock: systemClock,
    hasher,
    start: startIn({ ...world.env, ...options.env }),
    policy: {
      ownFile: world.ownKnownHosts,
      addCommand: `holdfast peer add b 'ssh://${destination}'`,
      accept: new Set(options.accept),
    },
    ...options,
  })
}

/**
 * As `linkTo`, without what is particular to the protocol: any bytes may go over it. By the system's `ssh` where `start`
 * is given.
 */
export function rawLinkTo(
  world: SshWorld,
  destination: string,
  farCommand: string,
  start?: StartCommand,
): Link {
  const parsed = parseSshDestination(destination)
  if (!parsed) throw new Error(destination)
  const machine = machineOf(world)
  const name = `ssh://${destination}`
  const policy = { ownFile: world.ownKnownHosts, addCommand: 'holdfast peer add', accept: new Set<string>() }
  const shared = { name, clock: systemClock, farCommand }
  return new OpeningLink(name, async (signal) => {
    const route = await findRoute(machine, parsed)
    if (!start) return openLibraryLink({ ...shared, route, machine, policy, signal })
    const { ownFile: ownKnownHosts, addCommand } = policy
    return new SystemLink({ ...shared, route, ownKnownHosts, addCommand, start })
  })
}

/** What keeps a link from working, or everything that came over it. */
export async function outcomeOf(link: Link): Promise<string | Error> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of link.receive) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  } catch (error) {
    return error as Error
  } finally {
    await link.close(new Error('over'))
  }
}
