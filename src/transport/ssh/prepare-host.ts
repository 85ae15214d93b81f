import { AgentKeys } from './agent-keys.js'
import { chooseAlgorithms, type Algorithms } from './algorithms.js'
import { knownKeysOf, type HostKeyPolicy } from './host-key-policy.js'
import { loadIdentities, type Identity } from './identities.js'
import type { KnownKeys } from './known-hosts.js'
import { NeedsSystemSsh, unreachable } from './ssh-errors.js'
import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'

/** What the library needs to connect to a host. */
export interface PreparedHost {
  readonly host: SshHost
  readonly known: KnownKeys
  readonly algorithms: Algorithms
  readonly identities: readonly Identity[]
  readonly agent: AgentKeys | null
}

/** Reads keys and known hosts before anything is connected. Throws NeedsSystemSsh where the library can't do it. */
export async function prepareHost(
  machine: SshMachine,
  host: SshHost,
  policy: HostKeyPolicy,
  signal: AbortSignal,
): Promise<PreparedHost> {
  const needs = (why: string): NeedsSystemSsh =>
    new NeedsSystemSsh(why, unreachable(host, `${why}, which takes the system’s ssh`))
  if (host.proxyCommand !== null && host.proxyJump === null) throw needs('its config has a ProxyCommand')
  if (host.knownHostsCommand) throw needs('its config has a KnownHostsCommand')
  const known = await knownKeysOf(machine, host, policy)
  if (known.authorities.length > 0 && known.keys.length + known.withoutPort.length === 0)
    throw needs('a certificate authority stands for its host key')
  const algorithms = chooseAlgorithms(host, known)
  if (!algorithms) throw needs('its config allows only algorithms that the built-in client lacks')
  const identities = await loadIdentities(machine, host)
  if (host.certificateFiles.length > 0 || identities.some(({ hasCertificate }) => hasCertificate))
    throw needs('its keys have certificates')
  const agent =
    host.agentSocket === null
      ? null
      : await AgentKeys.ask(host.agentSocket, identities, host.identitiesOnly, signal)
  return { host, known, algorithms, identities, agent }
}
