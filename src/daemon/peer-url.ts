import { HoldfastError } from '../engine/core/errors.js'
import {
  parseDockerUrl,
  parseKubeUrl,
  type DockerAddress,
  type KubeAddress,
} from '../transport/links/pod-address.js'
import { parseSshDestination, type SshDestination } from '../transport/ssh/ssh-destination.js'

/** How a peer is reached. */
export type PeerAddress = ExecAddress | SshAddress | KubeAddress | DockerAddress

export interface ExecAddress {
  readonly kind: 'exec'
  /** Run by `sh -c`; speaks the protocol on its standard input and output. */
  readonly command: string
}

export interface SshAddress {
  readonly kind: 'ssh'
  readonly destination: SshDestination
  /** By the system's `ssh`, whatever the built-in client could do. */
  readonly system: boolean
}

const far = 'holdfast serve --stdio'

type Parse = (rest: string, url: string) => PeerAddress

/** What stands before `://`, or before `:` in `exec:`. */
const kinds: Readonly<Record<string, Parse>> = {
  ssh: (rest, url) => sshAddress(rest, url, false),
  'ssh+exec': (rest, url) => sshAddress(rest, url, true),
  kube: (_rest, url) => parseKubeUrl(url),
  docker: (_rest, url) => parseDockerUrl(url),
  share: () => {
    throw new HoldfastError('USAGE', 'this version does not reach share:// yet', {
      next: `Name a command that reaches a host: 'exec:COMMAND', where COMMAND runs \`${far}\` over there.`,
    })
  },
}

/** Reads a peer's address. Throws USAGE for what is none, and for kinds that this version does not reach. */
export function parsePeerUrl(url: string): PeerAddress {
  if (url.startsWith('exec:')) {
    const command = url.slice('exec:'.length).trim()
    if (command !== '' && !command.includes('\0')) return { kind: 'exec', command }
  }
  const match = /^([a-z+]+):\/\/(.+)$/.exec(url)
  const kind = match?.[1] ?? ''
  if (match && Object.hasOwn(kinds, kind)) return (kinds[kind] as Parse)(match[2] ?? '', url)
  throw new HoldfastError('USAGE', `“${url}” is no address of a peer`, {
    next: `Use ssh://HOST, HOST being what \`ssh\` takes; or 'exec:COMMAND' in one argument, where COMMAND runs \`${far}\` over there.`,
  })
}

function sshAddress(rest: string, url: string, system: boolean): SshAddress {
  const destination = parseSshDestination(rest.replace(/\/$/, ''))
  if (destination) return { kind: 'ssh', destination, system }
  throw new HoldfastError('USAGE', `“${url}” names no host`, {
    next: 'Use ssh://[USER@]HOST[:PORT], HOST being an alias of ~/.ssh/config, a name, or an IPv6 address in brackets.',
  })
}
