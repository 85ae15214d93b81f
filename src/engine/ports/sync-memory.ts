/**
 * What a host remembers of its last session with each peer, so that the next one tells only what changed. Losing any
 * of it costs bytes on the wire, never an event: both ends compare digests before they rely on it.
 */
export interface SyncMemory {
  /** What was saved last for the peer with this public key (SPKI DER), or undefined. */
  load(peerKey: Uint8Array): Promise<Uint8Array | undefined>
  /** Replaces what is remembered, atomically. The bytes are the protocol's own; up to a few MB with very many holes. */
  save(peerKey: Uint8Array, memory: Uint8Array): Promise<void>
}
