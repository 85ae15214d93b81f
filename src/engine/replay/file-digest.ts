import { HoldfastError } from '../core/errors.js'
import { prefix, type Content } from '../core/replay-plan.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader } from '../ports/log.js'
import { contentBytes } from './content.js'

/** Blocks of a file's digest stand at fixed positions, so equal files agree however their bytes arrived. */
export const digestBlockBytes = 64 * 1024

/**
 * A file's digest: h₀ = 32 zero bytes, hᵢ₊₁ = SHA-256(hᵢ ‖ blockᵢ) over blocks of 64 KiB, the last one as long as it is;
 * the digest is the last h. After more bytes only the blocks from the last full one on are read again.
 */
export class FileDigest {
  readonly #hasher: Hasher
  #chain: Uint8Array = new Uint8Array(32)
  #block: Uint8Array[] = []
  #blockBytes = 0

  constructor(hasher: Hasher) {
    this.#hasher = hasher
  }

  update(bytes: Uint8Array): this {
    let rest = bytes
    while (rest.length > 0) {
      const part = rest.subarray(0, digestBlockBytes - this.#blockBytes)
      // The caller may reuse its buffer; a block is hashed only once it is whole.
      this.#block.push(part.length === digestBlockBytes ? part : Uint8Array.from(part))
      this.#blockBytes += part.length
      rest = rest.subarray(part.length)
      if (this.#blockBytes === digestBlockBytes) this.#close()
    }
    return this
  }

  /** 64 hex digits. The digest may go on afterwards. */
  hex(): string {
    const last = this.#blockBytes === 0 ? this.#chain : this.#hasher.sha256(this.#chain, ...this.#block)
    return Buffer.from(last).toString('hex')
  }

  #close(): void {
    this.#chain = this.#hasher.sha256(this.#chain, ...this.#block)
    this.#block = []
    this.#blockBytes = 0
  }
}

/** The digest of a recorded content. Throws STORE_DAMAGED where its bytes can't be read. */
export async function contentDigest(hasher: Hasher, reader: LogReader, content: Content): Promise<string> {
  const digest = new FileDigest(hasher)
  for await (const bytes of contentBytes(reader, content)) digest.update(bytes)
  return digest.hex()
}

/** The longest part of a content, from its start, whose bytes can be read, with its digest. */
export async function readablePrefix(
  hasher: Hasher,
  reader: LogReader,
  content: Content,
): Promise<{ readonly content: Content; readonly digest: string }> {
  const digest = new FileDigest(hasher)
  let length = 0
  try {
    for await (const bytes of contentBytes(reader, content)) {
      digest.update(bytes)
      length += bytes.length
    }
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') throw error
  }
  return { content: prefix(content, length), digest: digest.hex() }
}
