import { HoldfastError } from '../engine/core/errors.js'
import { createSshMachine } from '../platform/ssh-machine.js'
import { systemClock } from '../platform/system-clock.js'
import type { AcceptedKey } from '../transport/ssh/host-key-policy.js'
import { meetHosts } from '../transport/ssh/library-link.js'
import { destinationText } from '../transport/ssh/ssh-destination.js'
import { NeedsSystemSsh } from '../transport/ssh/ssh-errors.js'
import type { SshMachine } from '../transport/ssh/ssh-machine.js'
import { findRoute } from '../transport/ssh/ssh-route.js'
import type { Home } from './home.js'
import { hostKeyPolicy } from './peer-link.js'
import { parsePeerUrl } from './peer-url.js'
import { prepareHome } from './private-folder.js'
import { keepHostKeys, ownKnownHosts } from './ssh-known-hosts.js'

/** A host key that is known from now on. */
export interface AcceptedHostKey {
  readonly host: string
  readonly fingerprint: string
}

/**
 * Connects to the hosts of an SSH peer, jumps included, and keeps those of their unknown keys whose fingerprints the
 * user gave, in Holdfast’s own known_hosts. Gives back what was kept: nothing where all were known. Throws PEER_REFUSED for
 * any other key, and what connecting throws; what was accepted on the way is kept all the same. USAGE for a peer that is
 * no SSH host.
 */
export async function acceptHostKeys(
  home: Home,
  peer: { readonly name: string; readonly url: string },
  fingerprints: readonly string[],
  signal: AbortSignal,
  machine: SshMachine = createSshMachine(),
): Promise<AcceptedHostKey[]> {
  const address = parsePeerUrl(peer.url)
  const wrong = fingerprints.find((each) => !/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(each))
  if (address.kind !== 'ssh' || wrong !== undefined)
    throw new HoldfastError(
      'USAGE',
      wrong === undefined ? 'only an SSH host has a host key' : `“${wrong}” is no fingerprint of a host key`,
      { next: 'Use --accept-host-key SHA256:…, as `ssh-keygen -lf` shows it, with an ssh:// address.' },
    )
  prepareHome(home)
  const accepted: AcceptedKey[] = []
  const policy = {
    ...hostKeyPolicy(home, peer),
    accept: new Set(fingerprints.map((each) => each.replace(/=$/, ''))),
    onAccepted: (key: AcceptedKey) => void accepted.push(key),
  }
  const name = `ssh://${destinationText(address.destination)}`
  try {
    const route = await findRoute(machine, address.destination)
    await meetHosts({ name, route, machine, clock: systemClock, policy, signal })
  } catch (error) {
    if (!(error instanceof NeedsSystemSsh)) throw error
    throw new HoldfastError('USAGE', `${name}: its host key can’t be accepted here: ${error.message}`, {
      cause: error,
      next: `Run \`ssh ${destinationText(address.destination)}\` once in a terminal, and add the peer without --accept-host-key.`,
    })
  } finally {
    keepHostKeys(ownKnownHosts(home), accepted)
  }
  return accepted.map(({ name: host, fingerprint }) => ({ host, fingerprint }))
}
