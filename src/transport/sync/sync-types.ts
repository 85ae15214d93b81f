import type { LogId } from '../../engine/core/event.js'
import type { Clock, Random } from '../../engine/ports/clock.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { Link } from '../../engine/ports/link.js'
import type { PeerIdentity, Replica, Withhold } from '../../engine/ports/replica.js'
import type { SyncMemory } from '../../engine/ports/sync-memory.js'
import type { Codec } from './codecs.js'
import type { Role } from './messages.js'
import type { Ranges } from '../../engine/core/ranges.js'
import type { SyncLimits } from './sync-limits.js'

/** Who is at the other end. The key is proved; the name is what the peer says. */
export interface SyncPeer {
  readonly hostName: string
  /** Ed25519, SPKI DER. */
  readonly publicKey: Uint8Array
}

/** What a session is about. Both empty: everything; else what is of one of the projects, and of one of the sessions, as far as named. */
export interface SyncFilter {
  readonly projects: readonly string[]
  readonly sessions: readonly string[]
}

export type Authorisation = 'accept' | { readonly refuse: string }

export interface SyncOptions {
  /** The session ends it. */
  readonly link: Link
  readonly replica: Replica
  readonly identity: PeerIdentity
  readonly memory: SyncMemory
  readonly clock: Clock
  readonly random: Random
  readonly hasher: Hasher
  /** Who opened the link. The two ends must differ; nothing else depends on it. */
  readonly role: Role
  readonly hostName: string
  /** Asked once the peer proved its key, before it learns anything or anything of it is taken. */
  authorise(peer: SyncPeer): Authorisation | Promise<Authorisation>
  /** once: ends when both have all; live: stays and passes on what is added. Live only where both ends say so. */
  readonly mode: 'once' | 'live'
  /** Whether this host's events may go to the peer, and the peer's come here. */
  readonly send: boolean
  readonly receive: boolean
  /** Logs that take part; the others are neither told, sent nor taken. Default: all. */
  readonly filter?: (log: LogId) => boolean
  /**
   * What of this host's logs goes to the peer as stubs alone. What was kept back is compared again by a later session, and
   * filled when the rule no longer holds, or by another peer that may send it.
   */
  readonly withhold?: Withhold
  /** Asked for by the initiator: binds both directions of this session. Not told before the peer proved its key. */
  readonly only?: SyncFilter
  /** Makes this end's rule from a filter, its own or the peer's. Without it this end can't be asked for one. */
  readonly withholdFor?: (filter: SyncFilter) => Withhold | Promise<Withhold>
  /** Only find out what would move. So it is where either end says so. */
  readonly dryRun?: boolean
  /**
   * Called once in a session that ends, when all that was missing at its beginning is durable on both sides. What was added
   * to the replica from the session's beginning until this resolves goes to the peer in this session; the peer may do the
   * same meanwhile, so more may still come. Rejecting fails the session with that error. The signal aborts when the
   * session fails; the session is over only when this is. A peer that does not know of it gets what is new next time.
   */
  readonly beforeDone?: (signal: AbortSignal) => Promise<void>
  /** What this end offers beyond the protocol's version. Default: all that it can. */
  readonly features?: readonly string[]
  /** Best first. Default: those of this Node. */
  readonly codecs?: readonly Codec[]
  readonly limits?: Partial<SyncLimits>
  /** Ends the session: at once and in order. */
  readonly signal?: AbortSignal
  /** Called after every change. Must not throw. */
  readonly onProgress?: (progress: SyncProgress) => void
}

export interface SyncProgress {
  /** handshake, comparing what each holds, moving what is missing, and live when both had it all. */
  readonly phase: 'handshake' | 'comparing' | 'moving' | 'live'
  /** undefined until the peer is authorised. */
  readonly peer: SyncPeer | undefined
  /** Events that are durable there, and here. */
  readonly sent: number
  readonly received: number
  /** Events that are still to go, and to come. */
  readonly toSend: number
  readonly toReceive: number
  /** Events that left the queue and that the peer did not acknowledge yet. */
  readonly inFlight?: number
  /** On the wire. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Logs that were found to part so far, in the order found; a session that stays may last for days. */
  readonly forks?: readonly SyncFork[]
}

/** Two logs of one name whose events differ: see invariant `one-writer`. */
export interface SyncFork {
  readonly log: LogId
  /** The first offset whose event may differ. */
  readonly offset: number
  readonly explained: string
}

/** What a dry run found would move. */
export interface PlannedLog {
  readonly log: LogId
  readonly direction: 'send' | 'receive'
  /** Whole events and stubs. */
  readonly events: number
  /** Their bytes before compression. */
  readonly bytes: number
}

export interface SyncResult {
  readonly peer: SyncPeer
  /** done: both ends have all; shutdown: a live session was ended by either end. */
  readonly ended: 'done' | 'shutdown'
  /** Events that became durable there, and here: new ones, stubs not counted. */
  readonly sent: number
  readonly received: number
  readonly sentStubs: number
  readonly receivedStubs: number
  /** On the wire, frames and all. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Logs that parted; nothing of them moved after that was known. Sorted by log, as the following. */
  readonly forks: readonly SyncFork[]
  /** What the peer has and this host cannot check before somebody fills the hole before it. */
  readonly detached: readonly { readonly log: LogId; readonly ranges: Ranges }[]
  /** What the peer said to have and did not send. */
  readonly missing: readonly { readonly log: LogId; readonly ranges: Ranges }[]
  /** Logs of which something here can't be read; the rest of them was not sent. */
  readonly unreadable: readonly { readonly log: LogId; readonly explained: string }[]
  /** In a dry run only. */
  readonly plan: readonly PlannedLog[] | undefined
}
