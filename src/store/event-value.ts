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
export const valueHeaderBytes = 1 + 8 + 32

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

/** From this payload on an event is encoded where it will lie: copying it costs more than the memory. */
const inPlaceMinBytes = 32 * 1024
/** The most that an event usually takes beside its payload. */
const besidePayloadBytes = 4096

/**
 * How much memory an event with much payload is to be encoded into, behind `valueHeaderBytes`; null where a copy is
 * cheaper.
 */
export function roomBytes(payloadBytes: number): number | null {
  return payloadBytes < inPlaceMinBytes ? null : valueHeaderBytes + payloadBytes + besidePayloadBytes
}

/** @param room where the event was encoded into, if it was */
export function packValue(hasher: Hasher, chain: Uint8Array, encoded: Uint8Array, room?: Buffer): Buffer {
  const length = valueHeaderBytes + encoded.length
  const inPlace = room?.buffer === encoded.buffer
  const value = room && inPlace ? room.subarray(0, length) : Buffer.allocUnsafe(length)
  value[0] = valueFormat
  value.set(chain, 9)
  if (!inPlace) value.set(encoded, valueHeaderBytes)
  value.writeBigUInt64BE(hasher.xxh64(value.subarray(9)), 1)
  return value
}

/** @throws HoldfastError STORE_DAMAGED where the sum doesn't fit */
export function unpackValue(hasher: Hasher, value: Uint8Array, log: LogId, offset: number): EventValue {
  const damaged = (what: string): HoldfastError =>
    new HoldfastError('STORE_DAMAGED', `event ${log.slice(0, 8)}@${offset}: ${what}`)
  if (value.length < valueHeaderBytes || value[0] !== valueFormat) throw damaged('not an event')
  const sum = new DataView(value.buffer, value.byteOffset).getBigUint64(1)
  if (hasher.xxh64(value.subarray(9)) !== sum) throw damaged('its bytes changed since they were written')
  return { chain: value.subarray(9, valueHeaderBytes), encoded: value.subarray(valueHeaderBytes) }
}
