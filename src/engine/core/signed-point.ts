import type { LogId } from './event.js'

/** Says what is signed, so that a signature under one of these can stand for nothing else. */
const purpose = 'holdfast signed point 1\0'

const logIdBytes = 16
const chainBytes = 32

/**
 * What a log's writer signs to say that the chain after the first `events` events of `log` is `chain` (32 bytes).
 * Frozen: signatures over it are kept and passed on for good.
 */
export function signedPointBytes(log: LogId, events: number, chain: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(purpose.length + logIdBytes + 8 + chainBytes)
  bytes.set(new TextEncoder().encode(purpose))
  for (let i = 0; i < logIdBytes; i++) {
    bytes[purpose.length + i] = Number.parseInt(log.slice(2 * i, 2 * i + 2), 16)
  }
  const view = new DataView(bytes.buffer)
  view.setBigUint64(purpose.length + logIdBytes, BigInt(events))
  bytes.set(chain, purpose.length + logIdBytes + 8)
  return bytes
}
