import type { FileFacts, LogId } from '../core/event.js'
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
  /**
   * Those of `stubs` whose events are here and kept back by the filter that `have` was given. What a filter keeps back at the
   * end of a log is left out altogether: that makes no hole.
   */
  readonly withheld?: readonly OffsetRange[]
  /**
   * The chain after each held or stub range, in the order of their ends: `{events: to, chain}`; where a filter keeps
   * events back also after each range that would be held without it.
   */
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
  /** Ed25519 over `signedPointBytes`; empty in a run that only fills a hole: see `EventRun`. */
  readonly signature: Uint8Array
}

/** What an event is about, as far as a filter asks. */
export type Subject =
  /** A file, by its latest facts here. */
  | { readonly kind: 'file'; readonly file: FileFacts }
  /** A stream, by its key: what a `resolve` names. */
  | { readonly kind: 'stream'; readonly stream: string }
  /** Nothing that can be named: a crash of an agent without a file, or a kind that only a newer version knows. */
  | { readonly kind: 'other' }

/**
 * Whether events of a log about this are kept back: they then go as stubs, which keep their place. Pure, and quick: asked for
 * each event. What belongs to no file and no stream (`open`, `alias`, `milestone`, `retire`) always goes whole.
 */
export type Withhold = (log: LogId, subject: Subject) => boolean

/** An event on its way between hosts: whole, or as the digest that keeps its place in the chain. */
export type WireEvent =
  | { readonly kind: 'event'; readonly encoded: Uint8Array }
  | { readonly kind: 'stub'; readonly digest: Uint8Array; readonly reason: 'withheld' | 'purged' | 'lost' }

/**
 * Neighbouring events of one log. The point stands right after the last of them, so a receiver can check everything
 * before it believes anything, and can pass the run on as it is. At most `limits.batchMaxBytes` and one event.
 *
 * Where no point that the writer signed is at hand, the signature is empty: such a run is only for one that holds what
 * follows it, whose chain then stands for the signature.
 */
export interface EventRun {
  readonly identity: LogIdentity
  readonly from: number
  readonly events: readonly WireEvent[]
  readonly point: SignedPoint
  /**
   * The chain before the first event, 32 bytes, for a receiver that lacks the event before: no other chain leads to the
   * point. Events before it are then a hole there.
   */
  readonly before?: Uint8Array
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
  /** Every log held here, sorted by id. With a filter, as one may be told to whom it applies. */
  have(withhold?: Withhold): Promise<readonly LogHave[]>
  /**
   * Runs that cover `range` of a log, in offset order, each ending at a signed point; what stands before a hole may end
   * without one. What is not held is skipped, what is kept back a stub.
   */
  read(log: LogId, range: OffsetRange, withhold?: Withhold): AsyncIterable<EventRun>
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
