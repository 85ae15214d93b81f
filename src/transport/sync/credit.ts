import { HoldfastError } from '../../engine/core/errors.js'
import { Deferred } from './deferred.js'

/**
 * What a sender may still have on its way: bytes and runs that the receiver did not acknowledge as durable. A slow
 * receiver so bounds the memory of both. A run larger than the window goes when nothing else is on its way.
 */
export class Credit {
  readonly #windowBytes: number
  readonly #windowRuns: number
  #bytes = 0
  #runs = 0
  #waiting: Deferred<void> | undefined
  #ended: Error | undefined

  constructor(windowBytes: number, windowRuns: number) {
    this.#windowBytes = windowBytes
    this.#windowRuns = windowRuns
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#bytes
  }

  get runs(): number {
    return this.#runs
  }

  /** Whether a run of so many bytes may go now. The receiver holds its sender to the same rule. */
  admits(bytes: number): boolean {
    if (this.#runs === 0) return true
    return this.#runs < this.#windowRuns && this.#bytes + bytes <= this.#windowBytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#runs += 1
  }

  /** Resolves when the run may go, and counts it. One caller at a time. Rejects with INTERRUPTED after `end`. */
  async take(bytes: number): Promise<void> {
    while (!this.admits(bytes)) {
      if (this.#ended) throw this.#ended
      this.#waiting = new Deferred()
      await this.#waiting.promise
    }
    if (this.#ended) throw this.#ended
    this.add(bytes)
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    this.#runs -= 1
    this.#waiting?.resolve()
  }

  end(): void {
    this.#ended = new HoldfastError('INTERRUPTED', 'the session is over')
    this.#waiting?.resolve()
  }
}
