import type { LogId } from '../engine/core/event.js'

/**
 * Key layout. One letter tells the table, big-endian numbers sort as numbers.
 *
 *   e log offset   an event: sum, chain, encoded event
 *   x file offset  a row of a file's history
 *   f file         a file of some host: log and facts
 *   h log offset   an event about no file: its kind
 *   d log offset   a stub: the digest of an event that is not here
 *   s log events   a point that the log's writer signed: the chain after so many events
 *   j log events   the chain after so many events, where the event before is not here and what follows is
 *   k log          what a log's id is a hash of: public key and nonce
 *   l log          a log: who writes it, head, chain at the head
 *   c root\0path   how far a file of this machine is in the log
 *   i root\0path   what recovery still has to put in place
 *   m name         about this store itself
 */
const tables = {
  event: 0x65,
  history: 0x78,
  file: 0x66,
  host: 0x68,
  stub: 0x64,
  point: 0x73,
  joint: 0x6a,
  identity: 0x6b,
  log: 0x6c,
  cursor: 0x63,
  intent: 0x69,
  meta: 0x6d,
} as const

export type Table = keyof typeof tables

const logIdBytes = 16

export function logIdToBytes(log: LogId): Buffer {
  return Buffer.from(log, 'hex')
}

export function logIdFromBytes(bytes: Uint8Array): LogId {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function eventKey(log: LogId, offset: number): Buffer {
  return placeKey(tables.event, log, offset)
}

export function hostEventKey(log: LogId, offset: number): Buffer {
  return placeKey(tables.host, log, offset)
}

export function stubKey(log: LogId, offset: number): Buffer {
  return placeKey(tables.stub, log, offset)
}

/** The key of a point after `events` events. Read back with `eventKeyOffset`. */
export function pointKey(log: LogId, events: number): Buffer {
  return placeKey(tables.point, log, events)
}

/** The key of the chain after `events` events, where no event says it. */
export function jointKey(log: LogId, events: number): Buffer {
  return placeKey(tables.joint, log, events)
}

function placeKey(table: number, log: LogId, offset: number): Buffer {
  const key = Buffer.allocUnsafe(1 + logIdBytes + 8)
  key[0] = table
  key.write(log, 1, logIdBytes, 'hex')
  writeU64(key, offset, 1 + logIdBytes)
  return key
}

/** The offset in a key of the event, host, stub or point table. */
export function eventKeyOffset(key: Uint8Array): number {
  return readU64(key, 1 + logIdBytes)
}

/** The log in a key of the event or host table. */
export function eventKeyLog(key: Uint8Array): LogId {
  return logIdFromBytes(key.subarray(1, 1 + logIdBytes))
}

export function historyKey(file: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(1 + 4 + 8)
  key[0] = tables.history
  key.writeUInt32BE(file, 1)
  writeU64(key, offset, 5)
  return key
}

export function historyKeyOffset(key: Uint8Array): number {
  return readU64(key, 5)
}

export function fileKey(file: number): Buffer {
  const key = Buffer.allocUnsafe(5)
  key[0] = tables.file
  key.writeUInt32BE(file, 1)
  return key
}

export function fileKeyNumber(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(1)
}

export function logKey(log: LogId): Buffer {
  return Buffer.concat([Buffer.of(tables.log), logIdToBytes(log)])
}

export function logKeyId(key: Uint8Array): LogId {
  return logIdFromBytes(key.subarray(1))
}

export function identityKey(log: LogId): Buffer {
  return Buffer.concat([Buffer.of(tables.identity), logIdToBytes(log)])
}

/** Keys of tables that are named by text: cursors, intents, meta. */
export function textKey(table: 'cursor' | 'intent' | 'meta', name: string): Buffer {
  return Buffer.concat([Buffer.of(tables[table]), Buffer.from(name, 'utf8')])
}

export function textKeyName(key: Uint8Array): string {
  return Buffer.from(key.subarray(1)).toString('utf8')
}

/** The half-open key range that holds a whole table. */
export function tableRange(table: Table): { gte: Buffer; lt: Buffer } {
  return { gte: Buffer.of(tables[table]), lt: Buffer.of(tables[table] + 1) }
}

// Offsets stay far below 2^53, so two 32-bit halves are exact and cheaper than BigInt.
function writeU64(target: Buffer, value: number, at: number): void {
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
  target.writeUInt32BE(value >>> 0, at + 4)
}

function readU64(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4)
}
