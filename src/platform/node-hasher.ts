import { createHash, hash } from 'node:crypto'
import xxhash from 'xxhash-wasm'
import { invariant } from '../engine/core/errors.js'
import type { Hasher } from '../engine/ports/hash.js'

/** The module's memory grows to the largest input and never shrinks; far above, its results go wrong. */
const xxh64MaxBytes = 64 * 1024 * 1024

/** Parts that are together no longer than this are joined: cheaper than a hash that is fed part by part. */
const joinMaxBytes = 256

/** SHA-256 by OpenSSL and xxh64 by WebAssembly. Resolves when the module is compiled. */
export async function createHasher(): Promise<Hasher> {
  const xxh = await xxhash()
  return {
    sha256: (...parts) => {
      const [first] = parts
      if (first && parts.length === 1) return bytesOf(hash('sha256', first, 'binary'))
      const joined = joinShort(parts)
      if (joined) return bytesOf(hash('sha256', joined, 'binary'))
      const state = createHash('sha256')
      for (const part of parts) state.update(part)
      return bytesOf(state.digest('binary'))
    },
    xxh64: (bytes) => {
      invariant(bytes.length <= xxh64MaxBytes, `xxh64 of ${bytes.length} bytes`)
      return xxh.h64Raw(bytes)
    },
  }
}

/** All parts as one, or null where they are too long. */
function joinShort(parts: readonly Uint8Array[]): Uint8Array | null {
  let length = 0
  for (const part of parts) length += part.length
  if (length > joinMaxBytes) return null
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/**
 * The bytes of a text with one byte a character. A hash that comes as a Buffer has memory of its own outside the heap,
 * which costs the collector more than the hash cost; a small array that is filled here has none.
 */
function bytesOf(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
