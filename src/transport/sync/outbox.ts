import { HoldfastError } from '../../engine/core/errors.js'
import type { Link } from '../../engine/ports/link.js'
import { Deferred } from './deferred.js'

/** Above this, joining two pieces costs more than a second call of the link. */
const joinMaxBytes = 64 * 1024

interface Waiting {
  readonly frame: readonly [header: Uint8Array, payload: Uint8Array]
  readonly sent: Deferred<void>
}

/**
 * Puts frames on the link, one at a time. Control frames (answers, acknowledgements) go before data and are never waited
 * for: whoever reads from the link must not wait until it takes more, or two ends that both send would wait for ever.
 */
export class Outbox {
  readonly #link: Link
  readonly #controlMaxBytes: number
  readonly #onBroken: (error: unknown) => void
  #control: Uint8Array[] = []
  #controlBytes = 0
  readonly #data: Waiting[] = []
  #draining: Promise<void> | undefined
  #broken: unknown
  /** Bytes that the link took. */
  bytesSent = 0

  constructor(link: Link, controlMaxBytes: number, onBroken: (error: unknown) => void) {
    this.#link = link
    this.#controlMaxBytes = controlMaxBytes
    this.#onBroken = onBroken
  }

  /** Sends a small frame soon. Throws PROTOCOL where the far end makes this one answer and does not read. */
  post(header: Uint8Array, payload: Uint8Array): void {
    const frame = Buffer.concat([header, payload])
    if (this.#controlBytes + frame.length > this.#controlMaxBytes)
      throw new HoldfastError('PROTOCOL', 'the far end asks more than it reads answers')
    this.#control.push(frame)
    this.#controlBytes += frame.length
    this.#start()
  }

  /** Resolves when the link took the frame and wants more. Rejects with the link's error. */
  send(header: Uint8Array, payload: Uint8Array): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    const sent = new Deferred<void>()
    this.#data.push({ frame: [header, payload], sent })
    this.#start()
    return sent.promise
  }

  /** Resolves when all that was given is on its way, or never will be. */
  async flushed(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  #start(): void {
    if (this.#broken === undefined) this.#draining ??= this.#drain()
  }

  async #drain(): Promise<void> {
    // Frames posted in the same turn go out as one write.
    await Promise.resolve()
    try {
      for (;;) {
        if (this.#control.length > 0) {
          const [first, ...others] = this.#control
          this.#control = []
          this.#controlBytes = 0
          if (first) await this.#put(others.length === 0 ? first : Buffer.concat([first, ...others]))
          continue
        }
        const next = this.#data.shift()
        if (!next) break
        await this.#putData(next)
      }
    } catch (error) {
      this.#break(error)
    }
    this.#draining = undefined
  }

  async #putData({ frame: [header, payload], sent }: Waiting): Promise<void> {
    try {
      if (payload.length <= joinMaxBytes) await this.#put(Buffer.concat([header, payload]))
      else {
        await this.#put(header)
        await this.#put(payload)
      }
    } catch (error) {
      sent.reject(error)
      throw error
    }
    sent.resolve()
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#link.send(bytes)
    this.bytesSent += bytes.length
  }

  #break(error: unknown): void {
    this.#broken = error
    this.#control = []
    for (const { sent } of this.#data.splice(0)) sent.reject(error)
    this.#onBroken(error)
  }
}
