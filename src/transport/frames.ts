import { HoldfastError } from '../engine/core/errors.js'

/**
 * Framing of the local control socket: `[u32 length][u8 type][payload]`, big-endian; `length` counts the payload
 * alone. A frame is one JSON document or a run of bytes.
 */

/** The most bytes that one frame's payload carries. A larger announcement is refused before any of it is kept. */
export const frameMaxBytes = 16 * 1024 * 1024

export const frameHeaderBytes = 5

const frameTypes = { json: 1, bytes: 2 } as const

export type Frame =
  { readonly type: 'json'; readonly value: unknown } | { readonly type: 'bytes'; readonly bytes: Uint8Array }

const decodeUtf8 = new TextDecoder('utf-8', { fatal: true })
const encodeUtf8 = new TextEncoder()

/**
 * The frame on the wire, as header and payload (the payload is not copied).
 * Throws PROTOCOL where the payload is larger than `frameMaxBytes` or the value is no JSON.
 */
export function encodeFrame(frame: Frame): readonly [header: Uint8Array, payload: Uint8Array] {
  const payload = frame.type === 'json' ? encodeJson(frame.value) : frame.bytes
  if (payload.length > frameMaxBytes)
    throw new HoldfastError(
      'PROTOCOL',
      `a message of ${payload.length} bytes is over the bound of ${frameMaxBytes}`,
    )
  const header = new Uint8Array(frameHeaderBytes)
  new DataView(header.buffer).setUint32(0, payload.length)
  header[4] = frameTypes[frame.type]
  return [header, payload]
}

function encodeJson(value: unknown): Uint8Array {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined)
    throw new HoldfastError('PROTOCOL', 'a message that is no JSON value cannot be sent')
  return encodeUtf8.encode(text)
}

/**
 * Turns chunks, however they are split, into frames. Holds at most one frame's bytes and the chunk that brought
 * them. After an error it refuses everything: nothing later can be trusted to be a frame's beginning.
 */
export class FrameDecoder {
  #chunks: Uint8Array[] = []
  #buffered = 0
  #failed = false

  /** The frames that this chunk completes. Throws PROTOCOL for anything that is no frame. */
  push(chunk: Uint8Array): Frame[] {
    if (this.#failed) throw new HoldfastError('PROTOCOL', 'the stream is broken')
    if (chunk.length > 0) this.#chunks.push(chunk)
    this.#buffered += chunk.length
    const frames: Frame[] = []
    try {
      for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    } catch (error) {
      this.#failed = true
      this.#chunks = []
      throw error
    }
    return frames
  }

  /** Says that no more comes. Throws PROTOCOL where a frame was left unfinished. */
  end(): void {
    if (this.#buffered > 0 && !this.#failed)
      throw new HoldfastError('PROTOCOL', 'the other end stopped in the middle of a message')
  }

  #next(): Frame | undefined {
    if (this.#buffered < frameHeaderBytes) return undefined
    const head = this.#front(frameHeaderBytes)
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0)
    const type = head[4]
    if (type !== frameTypes.json && type !== frameTypes.bytes)
      throw new HoldfastError('PROTOCOL', `the other end does not speak this protocol (frame type ${type})`)
    if (length > frameMaxBytes)
      throw new HoldfastError(
        'PROTOCOL',
        `a message of ${length} bytes is over the bound of ${frameMaxBytes}`,
      )
    if (this.#buffered < frameHeaderBytes + length) return undefined
    const whole = this.#take(frameHeaderBytes + length)
    const payload = whole.subarray(frameHeaderBytes)
    return type === frameTypes.bytes
      ? { type: 'bytes', bytes: payload }
      : { type: 'json', value: parse(payload) }
  }

  /** The first `length` buffered bytes, in one piece, still buffered. */
  #front(length: number): Uint8Array {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    const joined = join(this.#chunks)
    this.#chunks = [joined]
    return joined.subarray(0, length)
  }

  #take(length: number): Uint8Array {
    const first = this.#chunks[0]
    const whole = first !== undefined && first.length >= length ? first : join(this.#chunks)
    if (whole !== first) this.#chunks = [whole]
    if (whole.length === length) this.#chunks.shift()
    else this.#chunks[0] = whole.subarray(length)
    this.#buffered -= length
    return whole.subarray(0, length)
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8.decode(payload)) as unknown
  } catch (cause) {
    throw new HoldfastError('PROTOCOL', 'a message is not valid JSON', { cause })
  }
}
