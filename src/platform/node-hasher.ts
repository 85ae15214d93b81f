import { createHash, hash } from 'node:crypto'
import xxhash from 'xxhash-wasm'
import { invariant } from '../engine/core/errors.js'
import type { Hasher } from '../engine/ports/hash.js'

/** The module's memory grows to the largest input and never shrinks; far above, its results go wrong. */
const xxh64MaxBytes = 64 * 1024 * 1024

/** SHA-256 by OpenSSL and xxh64 by WebAssembly. Resolves when the module is compiled. */
export async function createHasher(): Promise<Hasher> {
  const xxh = await xxhash()
  return {
    sha256: (...parts) => {
      const [first] = parts
      if (first && parts.length === 1) return plain(hash('sha256', first, 'buffer'))
      const state = createHash('sha256')
      for (const part of parts) state.update(part)
      return plain(state.digest())
    },
    xxh64: (bytes) => {
      invariant(bytes.length <= xxh64MaxBytes, `xxh64 of ${bytes.length} bytes`)
      return xxh.h64Raw(bytes)
    },
  }
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
