import { HoldfastError } from '../engine/core/errors.js'
import type { Hasher } from '../engine/ports/hash.js'

/**
 * Rows of what came from other hosts: stubs, signed points and identities. Each is `[format u8][sum u64][fields]`, as
 * LevelDB hands out flipped bytes without a word. They are this store's own, never sent.
 */
const rowFormat = 1
const headerBytes = 1 + 8

const digestBytes = 32
const signatureBytes = 64

const stubReasons = ['withheld', 'purged', 'lost'] as const

export type StubReason = (typeof stubReasons)[number]

/** The place of an event of which only the digest is here. `chain` is the chain after it. */
export interface StubRow {
  readonly reason: StubReason
  readonly digest: Uint8Array
  readonly chain: Uint8Array
}

export interface PointRow {
  readonly chain: Uint8Array
  readonly signature: Uint8Array
}

export interface IdentityRow {
  readonly publicKey: Uint8Array
  readonly logNonce: Uint8Array
}

export function isStubReason(reason: unknown): reason is StubReason {
  return stubReasons.some((known) => known === reason)
}

export function encodeStubRow(hasher: Hasher, { reason, digest, chain }: StubRow): Buffer {
  return seal(hasher, Buffer.of(stubReasons.indexOf(reason)), digest, chain)
}

/** Throws STORE_DAMAGED, as the others. */
export function decodeStubRow(hasher: Hasher, value: Uint8Array): StubRow {
  const fields = unseal(hasher, value)
  const reason = stubReasons[fields[0] ?? -1]
  if (fields.length !== 1 + 2 * digestBytes || reason === undefined) throw damaged()
  return { reason, digest: fields.subarray(1, 1 + digestBytes), chain: fields.subarray(1 + digestBytes) }
}

export function encodePointRow(hasher: Hasher, { chain, signature }: PointRow): Buffer {
  return seal(hasher, chain, signature)
}

export function decodePointRow(hasher: Hasher, value: Uint8Array): PointRow {
  const fields = unseal(hasher, value)
  if (fields.length !== digestBytes + signatureBytes) throw damaged()
  return { chain: fields.subarray(0, digestBytes), signature: fields.subarray(digestBytes) }
}

/** The chain where what follows stands behind a hole. */
export function encodeJointRow(hasher: Hasher, chain: Uint8Array): Buffer {
  return seal(hasher, chain)
}

export function decodeJointRow(hasher: Hasher, value: Uint8Array): Uint8Array {
  const chain = unseal(hasher, value)
  if (chain.length !== digestBytes) throw damaged()
  return chain
}

export function encodeIdentityRow(hasher: Hasher, { publicKey, logNonce }: IdentityRow): Buffer {
  return seal(hasher, Buffer.of(publicKey.length), publicKey, logNonce)
}

export function decodeIdentityRow(hasher: Hasher, value: Uint8Array): IdentityRow {
  const fields = unseal(hasher, value)
  const end = 1 + (fields[0] ?? 0)
  if (fields.length < end) throw damaged()
  return { publicKey: fields.subarray(1, end), logNonce: fields.subarray(end) }
}

function seal(hasher: Hasher, ...fields: readonly Uint8Array[]): Buffer {
  const row = Buffer.concat([Buffer.alloc(headerBytes), ...fields])
  row[0] = rowFormat
  row.writeBigUInt64BE(hasher.xxh64(row.subarray(headerBytes)), 1)
  return row
}

function unseal(hasher: Hasher, value: Uint8Array): Uint8Array {
  if (value.length < headerBytes || value[0] !== rowFormat) throw damaged()
  const fields = value.subarray(headerBytes)
  const sum = new DataView(value.buffer, value.byteOffset).getBigUint64(1)
  if (hasher.xxh64(fields) !== sum) throw damaged()
  return fields
}

function damaged(): HoldfastError {
  return new HoldfastError('STORE_DAMAGED', 'a row about another host’s log can’t be read')
}
