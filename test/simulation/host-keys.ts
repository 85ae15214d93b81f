import type { PeerIdentity } from '../../src/engine/ports/replica.js'

/** The private halves of host keys, which lie outside the store. */
export interface HostKeys {
  /** Makes a key; returns its public half. */
  create(): Uint8Array
  /** The host as it proves itself with this key. */
  identity(publicKey: Uint8Array): PeerIdentity
}
