import type { HoldfastError } from '../engine/core/errors.js'
import type { Link } from '../engine/ports/link.js'
import { runSyncSession } from '../transport/sync/sync-session.js'
import type { SyncFilter, SyncOptions, SyncProgress, SyncResult } from '../transport/sync/sync-types.js'
import type { ConfiguredPeer } from './config.js'
import type { OperationIo, Progress } from './operation.js'
import { openPeerLink } from './peer-link.js'
import { fingerprint, requireKey } from './peer-trust.js'
import { pinKey } from './peers.js'
import type { Runtime } from './runtime.js'
import { SessionForks, type PeerFork } from './session-forks.js'
import { SyncHost } from './sync-host.js'

export interface PeerSessionOptions {
  readonly send: boolean
  readonly receive: boolean
  /** Only find out what would move. */
  readonly dryRun: boolean
  /** live: stays, and passes on what is added, where the peer stays too. Default: once. */
  readonly mode?: 'once' | 'live'
  /** What the session is about, in both directions. Default: everything. */
  readonly only?: SyncFilter
  /** What this host adds when all that was missing has moved, in a session that ends; see `SyncOptions.beforeDone`. */
  readonly beforeDone?: NonNullable<SyncOptions['beforeDone']>
  /** Called with the fingerprint of the peer's key once it is accepted. */
  readonly onAccepted?: (key: string) => void
  readonly onProgress?: (progress: SyncProgress) => void
  /** Called with forks that nobody was told of before, as soon as they are known. */
  readonly onForks?: (forks: readonly PeerFork[]) => void
}

/** What one session with one peer did. */
export interface PeerSession {
  readonly result: SyncResult
  /** Logs of which this host and the peer hold different histories, and those of them that nobody was told of before. */
  readonly forks: readonly PeerFork[]
  readonly newForks: readonly PeerFork[]
  /** Fingerprint of the peer's key. */
  readonly key: string
  /** Whether this was the first meeting: the key is trusted from now on. */
  readonly first: boolean
  /** What was noticed and is no failure, in words. */
  readonly notes: readonly string[]
}

/**
 * Meets a configured peer once. Throws PEER_UNREACHABLE, PEER_REFUSED where it shows another key than before, PEER_INVALID,
 * PROTOCOL, INTERRUPTED. What moved before a failure is durable.
 */
export async function meetPeer(
  runtime: Runtime,
  peer: ConfiguredPeer,
  options: PeerSessionOptions,
  io: Pick<OperationIo, 'signal' | 'progress'>,
): Promise<PeerSession> {
  return meetOver(runtime, peer, () => openPeerLink(runtime, peer), options, io)
}

/** As `meetPeer`, over a link that `open` gives. */
export async function meetOver(
  runtime: Runtime,
  peer: ConfiguredPeer,
  open: () => Link,
  options: PeerSessionOptions,
  io: Pick<OperationIo, 'signal' | 'progress'>,
): Promise<PeerSession> {
  const { onAccepted, onProgress, onForks, mode = 'once', ...rest } = options
  const host = await SyncHost.open(runtime)
  const forks = new SessionForks(host, { dryRun: rest.dryRun, ...(onForks ? { onForks } : {}) })
  let refused: HoldfastError | null = null
  try {
    const result = await runSyncSession({
      ...host.session(),
      ...rest,
      link: open(),
      role: 'initiator',
      mode,
      signal: io.signal,
      authorise: ({ publicKey }) => {
        try {
          requireKey(peer, publicKey)
        } catch (error) {
          refused = error as HoldfastError
          return { refuse: 'this host knows another key of yours' }
        }
        const key = fingerprint(publicKey)
        if (peer.key === undefined) pinKey(runtime.home, peer, key)
        onAccepted?.(key)
        return 'accept'
      },
      onProgress: (progress) => {
        forks.onProgress(progress, peer.name)
        onProgress?.(progress)
        io.progress(progressOf(peer.name, progress))
      },
    })
    const found = await forks.keep(result.forks, peer.name)
    const key = fingerprint(result.peer.publicKey)
    return { result, ...found, key, first: peer.key === undefined, notes: [...host.notes] }
  } catch (error) {
    throw refused ?? error
  } finally {
    await forks.kept
  }
}

/** How far a session is, for whoever waits for it. */
export function progressOf(
  name: string,
  { phase, sent, received, toSend, toReceive }: SyncProgress,
): Progress {
  const done = sent + received
  const moving = phase === 'moving' || phase === 'live'
  return {
    phase: moving ? `exchanging with ${name}` : `meeting ${name}`,
    done,
    total: moving ? done + toSend + toReceive : null,
    unit: 'events',
  }
}
