import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { OffsetRange } from '../../engine/ports/log.js'
import { agree } from './agree.js'
import type { Agreement } from './agree.js'
import { Channel } from './channel.js'
import { closeFor } from './close-errors.js'
import { nodeCodecs } from './codecs.js'
import { Deferred } from './deferred.js'
import { keepAlive } from './keep-alive.js'
import { Movement } from './movement.js'
import { Remembrance } from './remembrance.js'
import { SendQueue } from './send-queue.js'
import { syncLimits } from './sync-limits.js'
import type { SyncLimits } from './sync-limits.js'
import type { SyncOptions, SyncPeer, SyncProgress, SyncResult } from './sync-types.js'

/**
 * One session with a peer over a link, from the handshake to the end; the same for both ends. In mode `once` it
 * resolves when both hold what they may; in mode `live` when either end shuts down. The link is closed then, in
 * every case, and the replica no longer in use. See `SyncOptions.beforeDone` for what may be added before the end.
 *
 * Whatever ends it early rejects: PEER_UNREACHABLE (the link broke, the peer is silent, gave up or failed),
 * PEER_REFUSED (by either end, or no proof of the key), PROTOCOL (the peer broke the rules), PEER_INVALID (what it sent
 * can't be true), INTERRUPTED (`signal`, unless live), or what the replica threw. What was acknowledged until
 * then stays, and the next session goes on there.
 */
export async function runSyncSession(options: SyncOptions): Promise<SyncResult> {
  const session = new SyncSession(options, { ...syncLimits, ...options.limits })
  return session.run()
}

class SyncSession {
  readonly #options: SyncOptions
  readonly #limits: SyncLimits
  readonly #channel: Channel
  readonly #over = new Deferred<'done' | 'shutdown'>()
  readonly #stop = new AbortController()
  readonly #tasks: Promise<void>[] = []
  /** What was added to the replica before there was anybody to send it to. */
  readonly #early = new SendQueue()
  #peer: SyncPeer | undefined
  #agreement: Agreement | undefined
  #movement: Movement | undefined
  #remembrance: Remembrance | undefined

  constructor(options: SyncOptions, limits: SyncLimits) {
    this.#options = options
    this.#limits = limits
    const { link, hasher } = options
    this.#channel = new Channel({ link, hasher, limits, onBroken: (error) => this.#fail(error) })
  }

  async run(): Promise<SyncResult> {
    const ended = await this.#untilOver()
    const { beforeDone, signal } = this.#options
    const { settles, dryRun } = this.#agreement ?? { settles: true, dryRun: false }
    // A peer that can't wait for it has all that it can get by now.
    if (ended === 'done' && !settles && !dryRun) await beforeDone?.(signal ?? new AbortController().signal)
    return this.#result(ended)
  }

  async #untilOver(): Promise<'done' | 'shutdown'> {
    const { replica, signal } = this.#options
    const onAbort = (): void => this.#onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    // Before the have-set is read, so that nothing falls between the two.
    const unsubscribe = replica.onAdded((log, range) => this.#onAdded(log, range))
    try {
      if (signal?.aborted === true) onAbort()
      else this.#spawn(this.#work())
      const ended = await this.#over.promise
      await this.#end(undefined, ended)
      return ended
    } catch (error) {
      await this.#end(error, undefined)
      throw error
    } finally {
      unsubscribe()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #work(): Promise<void> {
    const [options, limits, channel] = [this.#options, this.#limits, this.#channel]
    const { beforeDone } = options
    const codecs = options.codecs ?? nodeCodecs()
    this.#report()
    const shaking = new AbortController()
    this.#spawn(this.#limitHandshake(AbortSignal.any([shaking.signal, this.#stop.signal])))
    const onAccepted = (peer: SyncPeer): void => {
      this.#peer = peer
      shaking.abort()
      this.#spawn(this.#keepAlive())
      this.#report()
    }
    const agreement = await agree({ options, channel, codecs, limits, onAccepted })
    if (this.#stop.signal.aborted) return
    this.#agreement = agreement
    const movement = new Movement({
      agreement,
      channel,
      replica: options.replica,
      codecs,
      limits,
      beforeDone: beforeDone && (() => beforeDone(this.#stop.signal)),
      onChange: () => this.#report(),
      onEnd: (ended) => this.#over.resolve(ended),
      onFailure: (error) => this.#fail(error),
    })
    this.#movement = movement
    this.#remembrance = new Remembrance(options.memory, options.hasher, agreement)
    this.#early.drain((log, range) => movement.sender.push(log, range))
    if (agreement.live) this.#spawn(this.#rememberNowAndThen())
    await movement.run()
  }

  #onAdded(log: LogId, range: OffsetRange): void {
    if (this.#movement) this.#movement.sender.push(log, range)
    else this.#early.add(log, [range])
  }

  #onAbort(): void {
    if (this.#agreement?.live === true) this.#over.resolve('shutdown')
    else this.#fail(new HoldfastError('INTERRUPTED', 'the session was interrupted'))
  }

  #fail(error: unknown): void {
    this.#over.reject(error)
  }

  #spawn(task: Promise<void>): void {
    this.#tasks.push(task.catch((error: unknown) => this.#fail(error)))
  }

  async #limitHandshake(signal: AbortSignal): Promise<void> {
    const { handshakeMs } = this.#limits
    await this.#options.clock.sleep(handshakeMs, signal)
    if (signal.aborted) return
    throw new HoldfastError('PEER_UNREACHABLE', `no handshake within ${Math.round(handshakeMs / 1000)} s`)
  }

  async #keepAlive(): Promise<void> {
    await keepAlive({
      channel: this.#channel,
      clock: this.#options.clock,
      limits: this.#limits,
      signal: this.#stop.signal,
      patienceMs: () => (this.#movement ? this.#movement.patienceMs : this.#limits.stallMs),
    })
  }

  async #rememberNowAndThen(): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      await this.#options.clock.sleep(this.#limits.memoryEveryMs, signal)
      if (signal.aborted) return
      if (this.#movement?.isQuiet === true) await this.#remembrance?.save()
    }
  }

  /** Says why, closes the link, and waits until nothing of the session runs any more. */
  async #end(failure: unknown, ended: 'done' | 'shutdown' | undefined): Promise<void> {
    const { link, clock } = this.#options
    const quiet = this.#movement?.isQuiet === true
    this.#stop.abort()
    const stopped = this.#movement?.stop()
    const last = ended === 'done' ? undefined : ended ? { code: ended, text: '' } : closeFor(failure)
    const closing = new AbortController()
    const closed = this.#channel
      .end(this.#channel.peerClosed ? undefined : last)
      .catch(() => undefined)
      .then(() => closing.abort())
    await Promise.race([closed, clock.sleep(this.#limits.closeMs, closing.signal)])
    const over = new HoldfastError('INTERRUPTED', 'the session is over')
    await link.close(failure instanceof Error ? failure : over)
    await stopped
    await Promise.all(this.#tasks)
    await this.#movement?.settled()
    // A peer that broke the rules, or stopped in the middle, may note something else than this host does.
    const broken = failure instanceof HoldfastError && failure.code !== 'PEER_UNREACHABLE'
    if (quiet && !broken) await this.#remembrance?.save()
  }

  #report(): void {
    const { onProgress } = this.#options
    if (!onProgress) return
    const movement = this.#movement
    const progress: SyncProgress = {
      phase: !this.#peer
        ? 'handshake'
        : !movement
          ? 'comparing'
          : movement.caughtUp && this.#agreement?.live === true
            ? 'live'
            : 'moving',
      peer: this.#peer,
      sent: movement?.sender.sent ?? 0,
      received: movement?.receiver.received ?? 0,
      toSend: movement?.sender.toSend ?? 0,
      toReceive: movement?.receiver.toReceive ?? 0,
      inFlight: movement?.sender.inFlight ?? 0,
      bytesSent: this.#channel.bytesSent,
      bytesReceived: this.#channel.bytesReceived,
      forks: [...(this.#agreement?.view.forks.values() ?? [])],
    }
    onProgress(progress)
  }

  #result(ended: 'done' | 'shutdown'): SyncResult {
    const agreement = this.#agreement
    const movement = this.#movement
    if (!agreement || !movement) throw new HoldfastError('INTERNAL', 'a session ended that never began')
    const { sender, receiver } = movement
    return {
      peer: agreement.peer,
      ended,
      sent: sender.sent,
      received: receiver.received,
      sentStubs: sender.sentStubs,
      receivedStubs: receiver.receivedStubs,
      bytesSent: this.#channel.bytesSent,
      bytesReceived: this.#channel.bytesReceived,
      forks: [...agreement.view.forks.values()].sort(byLog),
      detached: movement.detached,
      missing: agreement.dryRun ? [] : [...receiver.missing].sort(byLog),
      unreadable: [...sender.unreadable].sort(byLog),
      plan: movement.plan,
    }
  }
}

function byLog(a: { readonly log: LogId }, b: { readonly log: LogId }): number {
  return a.log < b.log ? -1 : 1
}
