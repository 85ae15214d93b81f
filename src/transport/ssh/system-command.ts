import { destinationArguments } from './ssh-destination.js'
import type { SshHost } from './ssh-host.js'
import type { SshRoute } from './ssh-route.js'

/**
 * What the user's config may not change: nobody can be asked, no host key is accepted because it is new, nothing but
 * this command runs, and no file of the user is written.
 */
const fixed = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  'ControlMaster=no',
  'ControlPersist=no',
  'PermitLocalCommand=no',
  'ClearAllForwardings=yes',
]
const connectTimeoutSeconds = 15
const aliveIntervalSeconds = 15

/** The command line, for `sh -c`, by which the system's `ssh` runs a command at the end of a route. Pure. */
export function systemSshCommand(route: SshRoute, ownKnownHosts: string, farCommand: string): string {
  const host = route[route.length - 1] as SshHost
  const args = ['-T', '-a', '-x', ...options(route, ownKnownHosts), '-o', 'RemoteCommand=none']
  return ['exec', 'ssh', ...args, ...destinationArguments(host.destination), farCommand]
    .map((word, index) => (index < 2 ? word : shellQuote(word)))
    .join(' ')
}

/** One word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function options(route: SshRoute, ownKnownHosts: string): string[] {
  const host = route[route.length - 1] as SshHost
  const files = [...host.knownHostsFiles, ownKnownHosts].map((path) => (/\s/.test(path) ? `"${path}"` : path))
  return [
    ...fixed,
    `UserKnownHostsFile=${files.join(' ')}`,
    ...(host.connectTimeoutMs === null ? [`ConnectTimeout=${connectTimeoutSeconds}`] : []),
    ...(host.aliveIntervalMs === null ? [`ServerAliveInterval=${aliveIntervalSeconds}`] : []),
    ...proxy(route, ownKnownHosts),
  ].flatMap((option) => ['-o', option])
}

/**
 * The jumps, spelt out: `ssh` would start them with none of the options that hold here, and a jump's host key would be
 * taken as the user's config says.
 */
function proxy(route: SshRoute, ownKnownHosts: string): string[] {
  const [host, ...jumps] = route.toReversed()
  const [jump, ...before] = jumps
  if (!host || !jump) return []
  const shorter: SshRoute = [...before.toReversed(), jump]
  const target = `[${host.hostName}]:${host.port}`
  const words = [...options(shorter, ownKnownHosts), '-W', target, ...destinationArguments(jump.destination)]
  // The `ssh` that starts it puts an `exec` before it.
  const command = ['ssh', ...words.map(shellQuote)].join(' ')
  return [`ProxyCommand=${command.replaceAll('%', '%%')}`]
}
