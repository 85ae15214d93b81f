import type { HoldfastError } from '../engine/core/errors.js'
import type { Link } from '../engine/ports/link.js'
import { startCommand } from '../platform/node-command.js'
import { openExecLink } from '../transport/links/exec-link.js'
import { runSyncSession } from '../transport/sync/sync-session.js'
import type { SyncFork, SyncProgress, SyncResult } from '../transport/sync/sync-types.js'
import type { ConfiguredPeer } from './config.js'
import type { OperationIo, Progress } from './operation.js'
import { fingerprint, requireKey } from './peer-trust.js'
import { parsePeerUrl, type PeerAddress } from './peer-url.js'
import { pinKey } from './peers.js'
import type { Runtime } from './runtime.js'
import { SyncHost } from './sync-host.js'

export interface PeerSessionOptions {
  readonly send: boolean
  readonly receive: boolean
  /** Only find out what would move. */
  readonly dryRun: boolean
}

export interface PeerFork extends SyncFork {
  /** By the name that this host has for it. */
  readonly peer: string
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
  const address = parsePeerUrl(peer.url)
  return meetOver(runtime, peer, () => openLink(runtime, address), options, io)
}

function openLink({ clock }: Runtime, { command }: PeerAddress): Link {
  return openExecLink({ command, start: startCommand, clock })
}

/** As `meetPeer`, over a link that `open` gives. */
export async function meetOver(
  runtime: Runtime,
  peer: ConfiguredPeer,
  open: () => Link,
  options: PeerSessionOptions,
  io: Pick<OperationIo, 'signal' | 'progress'>,
): Promise<PeerSession> {
  const host = await SyncHost.open(runtime)
  let refused: HoldfastError | null = null
  try {
    const result = await runSyncSession({
      ...host.session(),
      ...options,
      link: open(),
      role: 'initiator',
      mode: 'once',
      signal: io.signal,
      authorise: ({ publicKey }) => {
        try {
          requireKey(peer, publicKey)
        } catch (error) {
          refused = error as HoldfastError
          return { refuse: 'this host knows another key of yours' }
        }
        if (peer.key === undefined) pinKey(runtime.home, peer, fingerprint(publicKey))
        return 'accept'
      },
      onProgress: (progress) => io.progress(progressOf(peer.name, progress)),
    })
    const forks = result.forks.map((fork) => ({ ...fork, peer: peer.name }))
    const newForks = await host.newForks(forks)
    if (!options.dryRun) await host.keepForks(forks)
    const key = fingerprint(result.peer.publicKey)
    return { result, forks, newForks, key, first: peer.key === undefined, notes: [...host.notes] }
  } catch (error) {
    throw refused ?? error
  }
}

function progressOf(name: string, { phase, sent, received, toSend, toReceive }: SyncProgress): Progress {
  const done = sent + received
  const moving = phase === 'moving' || phase === 'live'
  return {
    phase: moving ? `exchanging with ${name}` : `meeting ${name}`,
    done,
    total: moving ? done + toSend + toReceive : null,
    unit: 'events',
  }
}
