import type { Logger } from 'pino'
import type { ConfiguredPeer } from './config.js'
import { readHostKey } from './host-key.js'
import { noteContact } from './peer-contact.js'
import type { ConnectionReport } from './peer-connection.js'
import { PeerConnections } from './peer-connections.js'
import { peerLimits } from './peer-limits.js'
import { liveSessions } from './peer-live.js'
import { fingerprint } from './peer-trust.js'
import type { Beside } from './run-daemon.js'
import type { Runtime } from './runtime.js'

/** Keeps the configured peers connected while the daemon runs. Whatever a peer does, recording goes on. */
export function startPeerConnections(runtime: Runtime, log: Logger): Beside {
  const { clock, random, store, home } = runtime
  const connections = new PeerConnections({
    connect: liveSessions(runtime),
    clock,
    random,
    limits: peerLimits,
    ownKey: () => {
      const key = readHostKey(home.identityFolder)
      return key ? fingerprint(key.publicKey) : null
    },
    onContact: ({ name }, atMs) => {
      // A store that can't be written any more ends the daemon by itself.
      noteContact(store, name, atMs).catch((err: unknown) => log.debug({ err, peer: name }, 'not noted'))
    },
    onState: (peer, report) => tell(log, peer, report),
  })
  const apply = (): void => connections.apply(runtime.config().peers)
  runtime.connections = connections
  apply()
  return {
    configChanged: apply,
    stop: async () => {
      await connections.stop()
      runtime.connections = null
    },
  }
}

function tell(
  log: Logger,
  { name: peer }: ConfiguredPeer,
  { state, error, inbound }: ConnectionReport,
): void {
  if (error !== null && state === 'refused')
    log.warn({ peer, error: error.message, next: error.next }, 'a peer can’t be used before somebody acts')
  else if (error !== null && state === 'waiting') log.info({ peer, error: error.message }, 'a peer is away')
  else if (state === 'live') log.info({ peer, inbound }, 'a peer is connected')
}
