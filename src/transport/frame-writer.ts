import type { Writable } from 'node:stream'
import { HoldfastError } from '../engine/core/errors.js'
import { encodeFrame } from './frames.js'
import type { Frame } from './frames.js'

/**
 * Writes frames to a stream and never lets it buffer without bound: `write` resolves when the stream takes more.
 * Whoever awaits each call holds at most one frame and the stream's own buffer. Calls keep their order.
 */
export class FrameWriter {
  readonly #stream: Writable

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /**
   * Resolves once the stream wants more. Rejects with PROTOCOL where the frame is too large, and with INTERRUPTED
   * where the stream is closed or closes before it took the frame.
   */
  async write(frame: Frame): Promise<void> {
    const [header, payload] = encodeFrame(frame)
    const stream = this.#stream
    if (!stream.writable) throw gone()
    stream.cork()
    stream.write(header)
    const more = payload.length === 0 ? !stream.writableNeedDrain : stream.write(payload)
    stream.uncork()
    if (!more) await drained(stream)
  }

  /** Ends the stream after one last frame. Throws PROTOCOL where the frame is too large; nothing is sent then. */
  finish(frame: Frame): void {
    const [header, payload] = encodeFrame(frame)
    if (!this.#stream.writable) return
    this.#stream.cork()
    this.#stream.write(header)
    this.#stream.end(payload)
    this.#stream.uncork()
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => () => {
      stream.off('drain', onDrain)
      stream.off('close', onClose)
      stream.off('error', onClose)
      then()
    }
    const onDrain = settle(resolve)
    const onClose = settle(() => reject(gone()))
    stream.on('drain', onDrain)
    stream.on('close', onClose)
    stream.on('error', onClose)
    if (stream.destroyed) onClose()
  })
}

function gone(): HoldfastError {
  return new HoldfastError('INTERRUPTED', 'the other end is gone')
}
