import type { Clock } from '../engine/ports/clock.js'
import type { ConfiguredPeer } from './config.js'
import { InboundSessions, type InboundReport, type InboundSession } from './inbound-sessions.js'
import { PeerConnection, type ConnectionReport, type ConnectionTools } from './peer-connection.js'
import type { SessionWatch } from './session-watch.js'

export interface ConnectionsOptions extends Omit<ConnectionTools, 'coveredBy'> {
  /** Fingerprint of this host's own key, or null while it has none. */
  readonly ownKey: () => string | null
}

/**
 * Keeps every configured peer connected while the daemon runs, and knows the sessions that peers opened. Of two hosts
 * that name each other, the session stays that the host with the lower fingerprint opened: the other host opens none
 * while it is live, as everything would go over both links.
 */
export class PeerConnections {
  readonly #options: ConnectionsOptions
  readonly #inbound: InboundSessions
  readonly #connections = new Map<string, PeerConnection>()
  readonly #stop = new AbortController()
  readonly #ticking: Promise<void>
  /** Connections of peers that left the config: they end in order. */
  readonly #ending = new Set<Promise<void>>()

  constructor(options: ConnectionsOptions) {
    const { clock, limits } = options
    this.#options = options
    this.#inbound = new InboundSessions(clock, limits.inboundMax, (key) => this.#onInbound(key))
    this.#ticking = watchForJumps(clock, limits, this.#stop.signal, () => this.reconnect())
  }

  /** Takes the peers of the config as they are now: begins, changes and ends connections, and leaves the others alone. */
  apply(peers: readonly ConfiguredPeer[]): void {
    if (this.#stop.signal.aborted) return
    const wanted = new Map(peers.map((peer) => [peer.name, peer]))
    for (const [name, connection] of this.#connections) {
      const peer = wanted.get(name)
      if (peer && connection.take(peer)) continue
      this.#connections.delete(name)
      const ended = connection.stop().finally(() => this.#ending.delete(ended))
      this.#ending.add(ended)
    }
    for (const [name, peer] of wanted) {
      if (this.#connections.has(name)) continue
      const coveredBy = (key: string): SessionWatch | null => this.#coveredBy(key)
      this.#connections.set(name, new PeerConnection(peer, { ...this.#options, coveredBy }))
    }
  }

  of(name: string): PeerConnection | undefined {
    return this.#connections.get(name)
  }

  report(name: string): ConnectionReport | null {
    return this.#connections.get(name)?.report ?? null
  }

  get inbound(): readonly InboundReport[] {
    return this.#inbound.reports
  }

  /** Counts a session in that a peer opened. Throws PEER_UNREACHABLE where there are too many. */
  beginInbound(): InboundSession {
    return this.#inbound.begin()
  }

  /** Gives up every link and meets all peers anew, at once. */
  reconnect(): void {
    for (const connection of this.#connections.values()) connection.reconnect()
  }

  /** Ends all connections in order, or gives up waiting for it after `stopWithinMs`. */
  async stop(): Promise<void> {
    this.#stop.abort()
    const ended = [...this.#connections.values()].map((connection) => connection.stop())
    const waiting = new AbortController()
    const all = Promise.all([...ended, ...this.#ending, this.#ticking]).then(() => waiting.abort())
    const { clock, limits } = this.#options
    await Promise.race([all, clock.sleep(limits.stopWithinMs, waiting.signal)])
  }

  #coveredBy(key: string): SessionWatch | null {
    const own = this.#options.ownKey()
    return own !== null && key < own ? this.#inbound.liveOf(key) : null
  }

  /** A session of that peer became live, or ended: whether this host has to keep one of its own may have changed. */
  #onInbound(key: string): void {
    for (const connection of this.#connections.values()) {
      if (connection.peer.key !== key) continue
      const { inbound } = connection.report
      if ((this.#coveredBy(key) !== null) !== inbound) connection.reconnect()
    }
  }
}

/** Calls `onJump` where the wall clock went further than the timer did: the machine slept. */
async function watchForJumps(
  clock: Clock,
  { tickEveryMs, jumpMinMs }: { readonly tickEveryMs: number; readonly jumpMinMs: number },
  signal: AbortSignal,
  onJump: () => void,
): Promise<void> {
  for (let before = clock.now(); !signal.aborted; before = clock.now()) {
    await clock.sleep(tickEveryMs, signal)
    if (!signal.aborted && clock.now() - before - tickEveryMs >= jumpMinMs) onJump()
  }
}
