import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'

/**
 * How an event lies in the store: `[format u8][sum u64][chain 32][encoded event]`.
 *
 * sum = xxh64 of the chain and the encoded event: LevelDB hands out flipped bytes without a word, so every read checks it.
 * chain = SHA-256(previous chain ‖ SHA-256(encoded event)): one value stands for all events up to here.
 */
const valueFormat = 1
const headerBytes = 1 + 8 + 32

export const firstChain: Uint8Array = new Uint8Array(32)

export interface EventValue {
  readonly chain: Uint8Array
  readonly encoded: Uint8Array
}

/** SHA-256 of the encoded event. */
export function eventDigest(hasher: Hasher, encoded: Uint8Array): Uint8Array {
  return hasher.sha256(encoded)
}

export function nextChain(hasher: Hasher, previous: Uint8Array, digest: Uint8Array): Uint8Array {
  return hasher.sha256(previous, digest)
}

export function packValue(hasher: Hasher, chain: Uint8Array, encoded: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + encoded.length)
  value[0] = valueFormat
  value.set(chain, 9)
  value.set(encoded, headerBytes)
  value.writeBigUInt64BE(hasher.xxh64(value.subarray(9)), 1)
  return value
}

/** @throws HoldfastError STORE_DAMAGED where the sum doesn't fit */
export function unpackValue(hasher: Hasher, value: Uint8Array, log: LogId, offset: number): EventValue {
  const damaged = (what: string): HoldfastError =>
    new HoldfastError('STORE_DAMAGED', `event ${log.slice(0, 8)}@${offset}: ${what}`)
  if (value.length < headerBytes || value[0] !== valueFormat) throw damaged('not an event')
  const sum = new DataView(value.buffer, value.byteOffset).getBigUint64(1)
  if (hasher.xxh64(value.subarray(9)) !== sum) throw damaged('its bytes changed since they were written')
  return { chain: value.subarray(9, headerBytes), encoded: value.subarray(headerBytes) }
}
