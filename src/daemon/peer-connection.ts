import { errorCodes, HoldfastError } from '../engine/core/errors.js'
import type { Clock, Random } from '../engine/ports/clock.js'
import type { SyncFork } from '../transport/sync/sync-types.js'
import { Backoff } from './backoff.js'
import type { ConfiguredPeer } from './config.js'
import type { PeerLimits } from './peer-limits.js'
import { SessionWatch, type LiveProgress, type MovedMeanwhile } from './session-watch.js'

export interface ConnectHooks {
  /** Ends the session. */
  readonly signal: AbortSignal
  /** The peer proved this key (its fingerprint) and was accepted. */
  readonly onAccepted: (key: string) => void
  readonly onProgress: (progress: LiveProgress) => void
  /** Another history of a log was found that nobody was told of before. */
  readonly onForks: (forks: readonly SyncFork[]) => void
}

/** Meets a peer and stays. done: it does not stay connected; shutdown: either end ended it. Rejects as `meetPeer`. */
export type Connect = (peer: ConfiguredPeer, hooks: ConnectHooks) => Promise<'done' | 'shutdown'>

/**
 * connecting: on the way to all that was missing · live: both have everything, what is new goes at once · waiting: for
 * the next attempt · refused: as waiting, but somebody has to do something first
 */
export type PeerState = 'connecting' | 'live' | 'waiting' | 'refused'

/** How a connection stands, as plain values. */
export interface ConnectionReport {
  readonly state: PeerState
  readonly sinceMs: number
  /** When the peer was last heard of, in this run of the daemon. */
  readonly lastContactMs: number | null
  /** When the next attempt is due; null while there is a session. */
  readonly retryMs: number | null
  /** Whether the session is one that the peer opened. */
  readonly inbound: boolean
  readonly progress: LiveProgress | null
  readonly error: HoldfastError | null
}

export interface ConnectionTools {
  readonly connect: Connect
  readonly clock: Clock
  readonly random: Random
  readonly limits: PeerLimits
  /** The session that the peer with this key opened, where it does for this connection, too; else null. */
  readonly coveredBy: (key: string) => SessionWatch | null
  /** Called when the peer was met, and when that ended. */
  readonly onContact: (peer: ConfiguredPeer, atMs: number) => void
  /** Called with every change of state worth a line in the log. */
  readonly onState: (peer: ConfiguredPeer, report: ConnectionReport) => void
}

/** Keeps one peer connected until it is stopped: meets it, stays, and comes back where that ends. Never rejects. */
export class PeerConnection {
  readonly #tools: ConnectionTools
  readonly #retry: Backoff
  readonly #refused: Backoff
  readonly #running: Promise<void>
  readonly #own = new SessionWatch()
  #peer: ConfiguredPeer
  #stopped = false
  /** Ends the session, or the pause, that is under way. */
  #step = new AbortController()
  #state: PeerState = 'connecting'
  #sinceMs: number
  #lastContactMs: number | null = null
  #retryMs: number | null = null
  #inbound: SessionWatch | null = null
  #error: HoldfastError | null = null
  #liveSinceMs: number | null = null
  #forks: SyncFork[] = []

  constructor(peer: ConfiguredPeer, tools: ConnectionTools) {
    const { random, limits, clock } = tools
    this.#peer = peer
    this.#tools = tools
    this.#retry = new Backoff(limits.retry, random)
    this.#refused = new Backoff(limits.refused, random)
    this.#sinceMs = clock.now()
    this.#running = this.#run()
  }

  get peer(): ConfiguredPeer {
    return this.#peer
  }

  get report(): ConnectionReport {
    return {
      state: this.#state,
      sinceMs: this.#sinceMs,
      lastContactMs: this.#lastContactMs,
      retryMs: this.#retryMs,
      inbound: this.#inbound !== null,
      progress: (this.#inbound ?? this.#own).progress,
      error: this.#error,
    }
  }

  /** Takes a changed entry of the config where it is still the same connection; false where a new one is needed. */
  take(peer: ConfiguredPeer): boolean {
    const { key, ...rest } = peer
    const { key: known, ...before } = this.#peer
    if (JSON.stringify(rest) !== JSON.stringify(before)) return false
    // A key that was met is written into the config by the session itself.
    if (key !== known && known !== undefined) return false
    this.#peer = peer
    return true
  }

  /** Tries now instead of later. */
  wake(): void {
    if (this.#retryMs === null) return
    this.#step.abort()
  }

  /** The links are dead, whatever they seem: the session is given up, and the peer is met anew at once. */
  reconnect(): void {
    this.#retry.reset()
    this.#step.abort()
  }

  /** Forks that were found since they were last asked for. */
  takeForks(): readonly SyncFork[] {
    return this.#forks.splice(0)
  }

  /** See `SessionWatch.caughtUp`, with the fingerprint of the peer's key. */
  async caughtUp(
    signal: AbortSignal,
    onChange?: (progress: LiveProgress) => void,
  ): Promise<(MovedMeanwhile & { readonly key: string }) | null> {
    // A peer that does not answer, again, is better asked directly: that says at once what is wrong.
    if (this.#error !== null) return null
    const moved = await (this.#inbound ?? this.#own).caughtUp(signal, onChange)
    const { key } = this.#peer
    return moved && key !== undefined ? { key, ...moved } : null
  }

  /** Ends the connection in order. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#step.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#step = new AbortController()
      const { key } = this.#peer
      this.#inbound = key === undefined ? null : this.#tools.coveredBy(key)
      const pauseMs = this.#inbound ? this.#serveFor() : await this.#attempt()
      if (this.#stopped) break
      if (!this.#step.signal.aborted) await this.#pause(pauseMs)
    }
  }

  /** The peer's own session does for both: this one is not opened before that is over. */
  #serveFor(): number {
    this.#error = null
    this.#enter('live')
    return this.#tools.limits.revisitEveryMs
  }

  async #attempt(): Promise<number> {
    const { connect, clock, limits } = this.#tools
    // After a failure it stays what it was in the eyes of whoever looks, until it is clear that it is over.
    if (this.#error === null) this.#enter('connecting')
    this.#retryMs = null
    this.#liveSinceMs = null
    try {
      const ended = await connect(this.#peer, {
        signal: this.#step.signal,
        onAccepted: (key) => this.#onAccepted(key),
        onProgress: (progress) => this.#onProgress(progress),
        onForks: (forks) => void this.#forks.push(...forks.slice(0, forksMax - this.#forks.length)),
      })
      this.#error = null
      if (ended === 'done') {
        this.#retry.reset()
        return limits.revisitEveryMs
      }
      if (this.#step.signal.aborted) return 0
      const shutdown = new HoldfastError('PEER_UNREACHABLE', 'the peer is shutting down')
      return Math.max(limits.afterShutdownMs, this.#failed(shutdown))
    } catch (error) {
      return this.#stopped || this.#step.signal.aborted ? 0 : this.#failed(error)
    } finally {
      if (this.#own.progress?.peer) this.#contact(clock.now())
      this.#own.end()
    }
  }

  #failed(error: unknown): number {
    const { clock, limits } = this.#tools
    const lived = this.#liveSinceMs !== null && clock.now() - this.#liveSinceMs >= limits.steadyAfterMs
    if (lived) this.#retry.reset()
    this.#error = knownError(error)
    const refused = !errorCodes[this.#error.code].retryable
    this.#enter(refused ? 'refused' : 'waiting')
    return (refused ? this.#refused : this.#retry).next()
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#tools
    if (this.#state === 'connecting' || (this.#state === 'live' && !this.#inbound)) this.#enter('waiting')
    this.#retryMs = this.#inbound ? null : clock.now() + ms
    await clock.sleep(ms, this.#step.signal)
    this.#retryMs = null
  }

  #onAccepted(key: string): void {
    // From now on the connection is with whoever has this key, also before the config says so.
    this.#peer = { ...this.#peer, key }
    this.#refused.reset()
    this.#contact(this.#tools.clock.now())
    this.#error = null
    if (this.#state !== 'connecting') this.#enter('connecting')
  }

  #onProgress(progress: LiveProgress): void {
    if (progress.phase === 'live' && this.#liveSinceMs === null) {
      this.#liveSinceMs = this.#tools.clock.now()
      this.#enter('live')
    }
    this.#own.onProgress(progress)
  }

  #contact(atMs: number): void {
    this.#lastContactMs = atMs
    this.#tools.onContact(this.#peer, atMs)
  }

  #enter(state: PeerState): void {
    const same = state === this.#state
    this.#state = state
    if (!same) this.#sinceMs = this.#tools.clock.now()
    if (!same || state === 'refused') this.#tools.onState(this.#peer, this.report)
  }
}

/** Forks that wait for somebody to be told; the store keeps them all. */
const forksMax = 100

function knownError(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new HoldfastError('INTERNAL', message, { cause: error })
}
