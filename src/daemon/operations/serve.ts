import { HoldfastError } from '../../engine/core/errors.js'
import { runSyncSession } from '../../transport/sync/sync-session.js'
import { IoLink } from '../io-link.js'
import { notePeer } from '../known-peers.js'
import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import { SyncHost } from '../sync-host.js'

/** What one served session moved. */
export interface ServeResult {
  /** What the peer called itself. */
  readonly peer: string
  readonly sent: number
  readonly received: number
  readonly notes: readonly string[]
}

/** Is the far end of a link until the peer is done: protocol bytes come as the operation's input and leave as its output. */
export async function serve(runtime: Runtime, _args: unknown, io: OperationIo): Promise<ServeResult> {
  if (!io.input) throw new HoldfastError('USAGE', 'there is no input to serve')
  const { home, clock } = runtime
  const host = await SyncHost.open(runtime)
  const result = await runSyncSession({
    ...host.session(),
    link: new IoLink(io, 'the peer'),
    role: 'responder',
    mode: 'once',
    send: true,
    receive: true,
    signal: io.signal,
    authorise: (peer) => {
      notePeer(home.identityFolder, peer, clock.now())
      return 'accept'
    },
  })
  const { peer, sent, received, forks } = result
  await host.keepForks(forks.map((fork) => ({ ...fork, peer: peer.hostName })))
  return { peer: peer.hostName, sent, received, notes: [...host.notes] }
}
