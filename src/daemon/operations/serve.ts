import { HoldfastError } from '../../engine/core/errors.js'
import { runSyncSession } from '../../transport/sync/sync-session.js'
import { IoLink } from '../io-link.js'
import { notePeer } from '../known-peers.js'
import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import { SessionForks } from '../session-forks.js'
import { SyncHost } from '../sync-host.js'
import { SyncWriteBack } from '../sync-write-back.js'
import { ownSession, record } from './record.js'

/** What one served session moved. */
export interface ServeResult {
  /** What the peer called itself. */
  readonly peer: string
  readonly sent: number
  readonly received: number
  readonly notes: readonly string[]
}

/**
 * Is the far end of a link until the peer is done: protocol bytes come as the operation's input and leave as its output.
 * Where a daemon serves, the session may stay and be live. Otherwise this host's files are recorded before the end, so
 * that the peer gets what is new here, and what came in and is quiet is written back.
 */
export async function serve(runtime: Runtime, _args: unknown, io: OperationIo): Promise<ServeResult> {
  if (!io.input) throw new HoldfastError('USAGE', 'there is no input to serve')
  const { home, clock, recorder } = runtime
  const inbound = runtime.connections?.beginInbound() ?? null
  try {
    // Begun before the log is opened for peers: a log has one writer.
    if (!recorder && !runtime.session) await ownSession(runtime, io)
    const host = await SyncHost.open(runtime)
    const writing = new SyncWriteBack(runtime, { dryRun: false })
    const forks = new SessionForks(host)
    const served = runSyncSession({
      ...host.session(),
      link: new IoLink(io, 'the peer'),
      role: 'responder',
      mode: recorder ? 'live' : 'once',
      send: true,
      receive: true,
      signal: io.signal,
      authorise: (peer) => {
        notePeer(home.identityFolder, peer, clock.now())
        return 'accept'
      },
      beforeDone: async () => {
        if (!recorder) await record(runtime, {}, io)
        await writing.settle()
      },
      onProgress: (progress) => {
        inbound?.onProgress(progress)
        // A live session may last for days: forks are kept when they are found.
        if (progress.peer) forks.onProgress(progress, progress.peer.hostName)
      },
    })
    const [ended] = await Promise.allSettled([served])
    await forks.kept
    if (ended.status === 'rejected') throw ended.reason
    const result = ended.value
    const { peer, sent, received } = result
    await forks.keep(result.forks, peer.hostName)
    return { peer: peer.hostName, sent, received, notes: [...host.notes] }
  } finally {
    inbound?.end()
  }
}
