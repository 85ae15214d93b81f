import type { Link } from '../engine/ports/link.js'
import { startCommand } from '../platform/node-command.js'
import { createSshMachine } from '../platform/ssh-machine.js'
import { startProgram } from '../platform/start-program.js'
import { openExecLink } from '../transport/links/exec-link.js'
import { openPodLink } from '../transport/links/pod-link.js'
import { farScript } from '../transport/ssh/far-command.js'
import type { HostKeyPolicy } from '../transport/ssh/host-key-policy.js'
import { openSshLink } from '../transport/ssh/open-ssh-link.js'
import { shellQuote } from '../transport/ssh/system-command.js'
import type { ConfiguredPeer } from './config.js'
import type { Home } from './home.js'
import { parsePeerUrl } from './peer-url.js'
import type { Runtime } from './runtime.js'
import { ownKnownHosts } from './ssh-known-hosts.js'

/**
 * Opens a link to a configured peer. What keeps it from being opened is thrown to whoever sends or reads. Throws USAGE
 * for an address that this version does not reach.
 */
export function openPeerLink(
  { home, clock, hasher }: Pick<Runtime, 'home' | 'clock' | 'hasher'>,
  peer: Pick<ConfiguredPeer, 'name' | 'url' | 'holdfastPath'>,
): Link {
  const address = parsePeerUrl(peer.url)
  const start = startCommand
  switch (address.kind) {
    case 'exec':
      return openExecLink({ command: address.command, start, clock })
    case 'ssh': {
      const { destination, system } = address
      const machine = createSshMachine()
      const policy = hostKeyPolicy(home, peer)
      const { holdfastPath } = peer
      return openSshLink({ destination, system, holdfastPath, policy, machine, clock, hasher, start })
    }
    case 'kube':
    case 'docker': {
      const holdfastCommand = farScript(peer.holdfastPath)
      return openPodLink({ address, start: startProgram, clock, holdfastCommand })
    }
  }
}

/** Which host keys are good for a peer: those of the user’s known_hosts, and those accepted by `peer add`. */
export function hostKeyPolicy(
  home: Pick<Home, 'identityFolder'>,
  { name, url }: Pick<ConfiguredPeer, 'name' | 'url'>,
): HostKeyPolicy {
  return {
    ownFile: ownKnownHosts(home),
    addCommand: `holdfast peer add ${name} ${shellQuote(url)}`,
    accept: new Set(),
  }
}
