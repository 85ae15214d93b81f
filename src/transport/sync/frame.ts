import { HoldfastError } from '../../engine/core/errors.js'
import type { Hasher } from '../../engine/ports/hash.js'
import { printable } from './printable.js'

/**
 * Framing of the sync protocol: `[u32 length][u32 length xor mark][u64 xxh64 of the payload][payload]`, big-endian;
 * `length` counts the payload alone. The second length tells at once when the far end speaks something else, or a bit
 * of the first was flipped: otherwise the receiver would wait for bytes that never come.
 */
export const frameHeaderBytes = 16

/** “HFST” */
const mark = 0x48465354

export function frameHeader(hasher: Hasher, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(frameHeaderBytes)
  const view = new DataView(header.buffer)
  view.setUint32(0, payload.length)
  view.setUint32(4, (payload.length ^ mark) >>> 0)
  view.setBigUint64(8, hasher.xxh64(payload))
  return header
}

/**
 * Turns chunks, however they are split, into payloads. Holds at most one frame's bytes and the chunk that brought
 * them. After an error it refuses everything: nothing later can be trusted to be a frame's beginning.
 */
export class FrameReader {
  readonly #hasher: Hasher
  /** The most bytes of a payload. To be raised when the peer is known. */
  maxBytes: number
  #chunks: Uint8Array[] = []
  #buffered = 0
  #header: { readonly length: number; readonly sum: bigint } | undefined
  #failed = false

  constructor(hasher: Hasher, maxBytes: number) {
    this.#hasher = hasher
    this.maxBytes = maxBytes
  }

  /** Whether a frame has begun and not ended. */
  get inFrame(): boolean {
    return this.#buffered > 0 || this.#header !== undefined
  }

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
  }

  /** The next payload that is complete. Throws PROTOCOL for anything that is no frame. */
  next(): Uint8Array | undefined {
    if (this.#failed) throw new HoldfastError('PROTOCOL', 'the stream is broken')
    try {
      return this.#next()
    } catch (error) {
      this.#failed = true
      this.#chunks = []
      throw error
    }
  }

  #next(): Uint8Array | undefined {
    if (!this.#header) {
      if (this.#buffered < frameHeaderBytes) return undefined
      this.#header = this.#readHeader()
    }
    const { length, sum } = this.#header
    if (this.#buffered < length) return undefined
    const payload = this.#take(length)
    this.#header = undefined
    if (this.#hasher.xxh64(payload) !== sum)
      throw new HoldfastError('PROTOCOL', 'a message was changed on its way')
    return payload
  }

  #readHeader(): { length: number; sum: bigint } {
    const bytes = this.#take(frameHeaderBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const length = view.getUint32(0)
    if ((length ^ mark) >>> 0 !== view.getUint32(4)) {
      const text = printable(Buffer.concat([bytes, ...this.#chunks]).toString('latin1', 0, 80))
      throw new HoldfastError('PROTOCOL', `the far end does not speak this protocol; it says “${text}”`, {
        next: 'Run the link’s command by hand: it must print nothing of its own, such as a greeting.',
      })
    }
    if (length > this.maxBytes)
      throw new HoldfastError(
        'PROTOCOL',
        `a message of ${length} bytes is over the bound of ${this.maxBytes}`,
      )
    return { length, sum: view.getBigUint64(8) }
  }

  #take(length: number): Uint8Array {
    const [first] = this.#chunks
    const whole = first && first.length >= length ? first : Buffer.concat(this.#chunks)
    this.#chunks = whole === first ? this.#chunks.slice(1) : []
    if (whole.length > length) this.#chunks.unshift(whole.subarray(length))
    this.#buffered -= length
    return whole.subarray(0, length)
  }
}
