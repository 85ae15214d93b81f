import type { LogId } from '../../engine/core/event.js'

/** Bytes of a log's id on the wire. */
export const logIdBytes = 16

export function logToBytes(log: LogId): Uint8Array {
  return Buffer.from(log, 'hex')
}

export function logFromBytes(bytes: Uint8Array): LogId {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
