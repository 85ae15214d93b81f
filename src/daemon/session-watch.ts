import type { SyncProgress } from '../transport/sync/sync-types.js'

/** How far a session is, with the events that are on their way to the peer and not acknowledged, where that is told. */
export type LiveProgress = SyncProgress & { readonly inFlight?: number }

/** What moved while somebody waited. */
export interface MovedMeanwhile {
  readonly sent: number
  readonly received: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** Whether nothing is on its way, as far as this end knows. */
export function isCaughtUp({ phase, toSend, toReceive, inFlight = 0 }: LiveProgress): boolean {
  return phase === 'live' && toSend === 0 && toReceive === 0 && inFlight === 0
}

/** One session after the other with one peer, for whoever wants to know how far the one under way is. */
export class SessionWatch {
  readonly #waiting = new Set<() => void>()
  #progress: LiveProgress | null = null
  /** Counts sessions: each begins to count anew. */
  #session = 0

  /** Of the session that is under way; null where there is none. */
  get progress(): LiveProgress | null {
    return this.#progress
  }

  onProgress(progress: LiveProgress): void {
    this.#progress = progress
    this.#wake()
  }

  /** The session is over. */
  end(): void {
    this.#progress = null
    this.#session += 1
    this.#wake()
  }

  /**
   * Resolves when nothing is on its way in the session that is under way, with what moved meanwhile; null where there is
   * none, or it ends before. Rejects where the signal aborts. `onChange` is told how far it is while that takes.
   */
  async caughtUp(
    signal: AbortSignal,
    onChange: (progress: LiveProgress) => void = () => undefined,
  ): Promise<MovedMeanwhile | null> {
    const [before, session] = [this.#progress, this.#session]
    while (this.#progress && this.#session === session) {
      const now = this.#progress
      if (before && isCaughtUp(now)) return movedSince(before, now)
      onChange(now)
      await this.#change(signal)
    }
    return null
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        if (signal.aborted) reject(signal.reason as Error)
        else resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}

function movedSince(before: LiveProgress, now: LiveProgress): MovedMeanwhile {
  return {
    sent: now.sent - before.sent,
    received: now.received - before.received,
    bytesSent: now.bytesSent - before.bytesSent,
    bytesReceived: now.bytesReceived - before.bytesReceived,
  }
}
