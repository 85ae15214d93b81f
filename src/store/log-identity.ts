import type { HostId, LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import { logIdFromBytes } from './keys.js'

const idBytes = 16

/** A host's id: 16 bytes of SHA-256 over its public key. */
export function hostIdOf(hasher: Hasher, publicKey: Uint8Array): HostId {
  return logIdFromBytes(hasher.sha256(publicKey).subarray(0, idBytes))
}

/** A log's id: 16 bytes of SHA-256 over its host's public key and the log's nonce. */
export function logIdOf(hasher: Hasher, publicKey: Uint8Array, nonce: Uint8Array): LogId {
  return logIdFromBytes(hasher.sha256(publicKey, nonce).subarray(0, idBytes))
}
