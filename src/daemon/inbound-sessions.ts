import type { SyncPeer } from '../transport/sync/sync-types.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { Clock } from '../engine/ports/clock.js'
import type { LiveProgress } from './peer-connection.js'
import { fingerprint } from './peer-trust.js'

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

/** The sessions that peers opened and that this process serves. */
export class InboundSessions {
  readonly #clock: Clock
  readonly #max: number
  readonly #onChange: (key: string) => void
  readonly #open = new Set<InboundReport>()

  /** @param onChange called where a peer's session became live, or ended */
  constructor(clock: Clock, max: number, onChange: (key: string) => void) {
    this.#clock = clock
    this.#max = max
    this.#onChange = onChange
  }

  get reports(): readonly InboundReport[] {
    return [...this.#open]
  }

  /** Whether a peer with this key is connected by a session of its own that is live. */
  isLive(key: string): boolean {
    return this.reports.some((each) => each.key === key && each.progress?.phase === 'live')
  }

  /** Counts a session in. Throws PEER_UNREACHABLE where as many as may be are served already. */
  begin(): InboundSession {
    if (this.#open.size >= this.#max)
      throw new HoldfastError('PEER_UNREACHABLE', `this host already serves ${this.#max} peers`)
    let report: InboundReport = { host: null, key: null, sinceMs: this.#clock.now(), progress: null }
    this.#open.add(report)
    return {
      onProgress: (progress) => {
        if (!this.#open.delete(report)) return
        const wasLive = report.progress?.phase === 'live'
        report = { ...report, ...identityOf(report, progress.peer), progress }
        this.#open.add(report)
        if (report.key !== null && !wasLive && progress.phase === 'live') this.#onChange(report.key)
      },
      end: () => {
        if (this.#open.delete(report) && report.key !== null) this.#onChange(report.key)
      },
    }
  }
}

/** The key is hashed once a session, not at every change. */
function identityOf(report: InboundReport, peer: SyncPeer | undefined): Pick<InboundReport, 'host' | 'key'> {
  if (report.key !== null || !peer) return report
  return { host: peer.hostName, key: fingerprint(peer.publicKey) }
}
