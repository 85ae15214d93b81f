import { HoldfastError } from '../engine/core/errors.js'
import type { Clock } from '../engine/ports/clock.js'
import { fingerprint } from './peer-trust.js'
import { SessionWatch, type LiveProgress } from './session-watch.js'

/** A session that a peer opened, as long as it lasts. */
export interface InboundReport {
  /** What the peer calls itself; null before it proved who it is. */
  readonly host: string | null
  /** Fingerprint of its key. */
  readonly key: string | null
  readonly sinceMs: number
  readonly progress: LiveProgress | null
}

/** One served session tells how far it is, and that it is over. */
export interface InboundSession {
  onProgress(progress: LiveProgress): void
  end(): void
}

interface Open {
  host: string | null
  key: string | null
  readonly sinceMs: number
  readonly watch: SessionWatch
}

/** The sessions that peers opened and that this process serves. */
export class InboundSessions {
  readonly #clock: Clock
  readonly #max: number
  readonly #onChange: (key: string) => void
  readonly #open = new Set<Open>()

  /** @param onChange called where a peer's session became live, or ended */
  constructor(clock: Clock, max: number, onChange: (key: string) => void) {
    this.#clock = clock
    this.#max = max
    this.#onChange = onChange
  }

  get reports(): readonly InboundReport[] {
    return [...this.#open].map(({ watch, ...rest }) => ({ ...rest, progress: watch.progress }))
  }

  /** The session by which a peer with this key is connected, once it is live; else null. */
  liveOf(key: string): SessionWatch | null {
    const found = [...this.#open].find((each) => each.key === key && each.watch.progress?.phase === 'live')
    return found?.watch ?? null
  }

  /** Counts a session in. Throws PEER_UNREACHABLE where as many as may be are served already. */
  begin(): InboundSession {
    if (this.#open.size >= this.#max)
      throw new HoldfastError('PEER_UNREACHABLE', `this host already serves ${this.#max} peers`)
    const open: Open = { host: null, key: null, sinceMs: this.#clock.now(), watch: new SessionWatch() }
    this.#open.add(open)
    return {
      onProgress: (progress) => {
        const wasLive = open.watch.progress?.phase === 'live'
        // The key is hashed once a session, not at every change.
        if (progress.peer && open.key === null) {
          open.host = progress.peer.hostName
          open.key = fingerprint(progress.peer.publicKey)
        }
        open.watch.onProgress(progress)
        if (open.key !== null && !wasLive && progress.phase === 'live') this.#onChange(open.key)
      },
      end: () => {
        open.watch.end()
        if (this.#open.delete(open) && open.key !== null) this.#onChange(open.key)
      },
    }
  }
}
