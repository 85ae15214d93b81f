import type { LogId } from '../core/event.js'
import type { OffsetRange } from './log.js'

/** A log's identity, provable by anyone: the id is a hash of the two, and the log's signatures fit the key. */
export interface LogIdentity {
  readonly log: LogId
  /** Ed25519 public key, SPKI DER. */
  readonly publicKey: Uint8Array
  readonly logNonce: Uint8Array
}

/** What a host holds of one log. Ranges are sorted, disjoint and never touch. */
export interface LogHave extends LogIdentity {
  /** Offsets whose events are here whole. */
  readonly held: readonly OffsetRange[]
  /** Offsets of which only the digest is here: withheld, purged or lost. */
  readonly stubs: readonly OffsetRange[]
  /** The chain after each held or stub range, in the order of their ends: `{events: to, chain}`. */
  readonly ends: readonly LogPoint[]
}

/** A point of a log: the chain after its first `events` events, 32 bytes. */
export interface LogPoint {
  readonly events: number
  readonly chain: Uint8Array
}

/** A point that the log's writer signed. Whoever holds it can pass it on; nobody else can make it. */
export interface SignedPoint extends LogPoint {
  readonly log: LogId
  /** Ed25519 over `signedPointBytes`. */
  readonly signature: Uint8Array
}

/** An event on its way between hosts: whole, or as the digest that keeps its place in the chain. */
export type WireEvent =
  | { readonly kind: 'event'; readonly encoded: Uint8Array }
  | { readonly kind: 'stub'; readonly digest: Uint8Array; readonly reason: 'withheld' | 'purged' | 'lost' }

/**
 * Neighbouring events of one log. The point stands right after the last of them, so a receiver can check everything
 * before it believes anything, and can pass the run on as it is. At most `limits.batchMaxBytes` and one event.
 */
export interface EventRun {
  readonly identity: LogIdentity
  readonly from: number
  readonly events: readonly WireEvent[]
  readonly point: SignedPoint
}

export type StoreOutcome =
  /** Durable now. */
  | { readonly kind: 'stored'; readonly events: number }
  /** All of it was here before. */
  | { readonly kind: 'known' }
  /**
   * An event stands at `offset` whose digest is another: two writers used one log. Nothing was overwritten; what became
   * of the run is in `explained`, in words for the user.
   */
  | { readonly kind: 'forked'; readonly offset: number; readonly explained: string }

/**
 * What the protocol needs of the store. Calls may overlap; a read sees whole runs. Everything that comes in is checked
 * here once more, whatever the session did: shape, sizes, log id, chain, signature, place.
 */
export interface Replica {
  /** Every log held here, sorted by id. */
  have(): Promise<readonly LogHave[]>
  /** Runs that cover `range` of a log, in offset order, each ending at a signed point. What is not held is skipped. */
  read(log: LogId, range: OffsetRange): AsyncIterable<EventRun>
  /** Stores a run durably. Throws HoldfastError PEER_INVALID for anything that can't be true. */
  store(run: EventRun): Promise<StoreOutcome>
  /** The chain after `events` events, or undefined where it is not known here: finds where two logs part. */
  chainAt(log: LogId, events: number): Promise<Uint8Array | undefined>
  /** Called when more of a log became durable here, with the range. Returns how to end it. */
  onAdded(listener: (log: LogId, range: OffsetRange) => void): () => void
}

/** Proves who this host is, and checks who another says to be. */
export interface PeerIdentity {
  /** This host's Ed25519 public key, SPKI DER. */
  readonly publicKey: Uint8Array
  /** Signs a challenge for this host. */
  sign(bytes: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
}
