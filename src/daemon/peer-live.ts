import type { Connect } from './peer-connection.js'
import { peerFilter } from './peer-filter.js'
import { meetPeer } from './peer-session.js'
import type { Runtime } from './runtime.js'

/** Meets peers of this host in sessions that stay. */
export function liveSessions(runtime: Runtime): Connect {
  return async (peer, { signal, onAccepted, onProgress, onForks }) => {
    const options = {
      send: peer.direction !== 'pull',
      receive: peer.direction !== 'push',
      dryRun: false,
      ...peerFilter(peer, {}),
      mode: 'live',
      onAccepted,
      onProgress,
      onForks,
    } as const
    const { result } = await meetPeer(runtime, peer, options, { signal, progress: () => undefined })
    return result.ended
  }
}
