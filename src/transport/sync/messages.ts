import type { LogId } from '../../engine/core/event.js'
import type { LogEntry } from './have-set.js'
import type { Ranges } from '../../engine/core/ranges.js'

/** The versions of the protocol that this Holdfast speaks. */
export const protocolVersions = { min: 1, max: 1 } as const

/**
 * What this Holdfast can beyond the version; used where both ends name it. settle: in a session that ends, an end may send
 * what is new until it says `settled`. filter: it keeps to a filter that the initiator asks for; one that does so names
 * “filtered” too, and sends `filter` first of all when both proved their keys. detached: it takes runs whose event before
 * it lacks, and runs without a signature that end where it holds what follows.
 */
export const protocolFeatures: readonly string[] = ['settle', 'filter', 'detached']

export type Role = 'initiator' | 'responder'

/** The first message of each end. Its form is frozen: ends of any two versions have to understand it. */
export interface Hello {
  readonly type: 'hello'
  readonly versionMin: number
  readonly versionMax: number
  /** See `protocolFeatures`. Unknown ones are passed over. */
  readonly features: readonly string[]
  /** Best first. */
  readonly codecs: readonly string[]
  readonly hostName: string
  /** Ed25519, SPKI DER. */
  readonly publicKey: Uint8Array
  /** Fresh random bytes that the other end signs. */
  readonly challenge: Uint8Array
  readonly role: Role
  readonly live: boolean
  readonly sends: boolean
  readonly receives: boolean
  readonly dryRun: boolean
  /** Unpacked bytes of events that may be on their way to this end. */
  readonly windowBytes: number
}

/** Says with a signature that the sender has the key of its hello, and what the two may rely on. */
export interface Proof extends ProofDigests {
  readonly type: 'proof'
  readonly signature: Uint8Array
}

/** Digests of have-sets (`HaveSet.digest`); empty where nothing is remembered. */
export interface ProofDigests {
  /** Of what this end holds now, as far as the other will be told. */
  readonly have: Uint8Array
  /** Of what this end remembers to have told the other. */
  readonly told: Uint8Array
  /** Of what this end remembers the other to hold. */
  readonly heard: Uint8Array
}

/** What the session is about, for both directions: see `SyncFilter`. */
export interface FilterMessage {
  readonly type: 'filter'
  readonly projects: readonly string[]
  readonly sessions: readonly string[]
}

/** What the sender holds. Split over frames; `more` in all but the last. */
export interface HaveMessage {
  readonly type: 'have'
  /** What is told: everything, what changed since what both remember, or nothing, as both hold the same. */
  readonly base: 'all' | 'memory' | 'equal'
  readonly logs: readonly LogEntry[]
  readonly gone: readonly LogId[]
  readonly more: boolean
}

/** What the sender asks for: everything in one go, before any of it comes. */
export interface WantMessage {
  readonly type: 'want'
  readonly logs: readonly { readonly log: LogId; readonly ranges: Ranges }[]
  readonly more: boolean
}

/** One run of events on its way. */
export interface EventsMessage {
  readonly type: 'events'
  /** 0, 1, 2 … per direction. */
  readonly seq: number
  readonly codec: 'none' | 'brotli' | 'zstd'
  /** Bytes of the body when unpacked: what it costs of the window. */
  readonly rawBytes: number
  /** One packed run (`run-codec.ts`), compressed. */
  readonly body: Uint8Array
}

/** What became of a run, once that is durable. It also gives back the window that the run took. */
export interface AckMessage {
  readonly type: 'ack'
  readonly seq: number
  /** declined: the receiver does not take this log in this session. */
  readonly outcome: 'stored' | 'known' | 'forked' | 'declined'
}

/**
 * Why a session ends. done: this end has all that it wanted, all it sent is acknowledged, and it asks nothing more; it still
 * answers until the other end is done too. Every other code is the last word.
 */
export const closeCodes = ['done', 'idle', 'protocol', 'refused', 'shutdown', 'fault', 'invalid'] as const

export type CloseCode = (typeof closeCodes)[number]

export type Message =
  | Hello
  | Proof
  | FilterMessage
  | HaveMessage
  | WantMessage
  | EventsMessage
  | AckMessage
  /** All that was wanted has been sent, as far as it will be. */
  | { readonly type: 'served' }
  /** In a session that ends, after `served`: nothing new comes any more, and all that was sent is acknowledged. */
  | { readonly type: 'settled' }
  /** In a dry run instead of events: how much was wanted of each log, in events and bytes. */
  | {
      readonly type: 'sizes'
      readonly logs: readonly { readonly log: LogId; readonly events: number; readonly bytes: number }[]
    }
  | { readonly type: 'chain?'; readonly log: LogId; readonly events: number }
  /** `chain` is null where it isn't known. */
  | {
      readonly type: 'chain!'
      readonly log: LogId
      readonly events: number
      readonly chain: Uint8Array | null
    }
  | { readonly type: 'forked'; readonly log: LogId; readonly offset: number; readonly explained: string }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | { readonly type: 'close'; readonly code: CloseCode; readonly text: string }

export type MessageType = Message['type']
