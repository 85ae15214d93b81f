/**
 * Chunks between what brings them and the one who iterates. `onTaken` tells each time that there is room again, so that
 * the source can be held back in between. After `end` or `fail` what is pushed is thrown away.
 */
export class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #onTaken: () => void
  #chunks: Uint8Array[] = []
  #bytes = 0
  #ended = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(onTaken: () => void = () => undefined) {
    this.#onTaken = onTaken
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  get ended(): boolean {
    return this.#ended
  }

  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#rouse()
  }

  /** No more comes. What waits is still given out. */
  end(): void {
    this.#ended = true
    this.#rouse()
  }

  /** No more comes, and that is an error. What waits is still given out before. */
  fail(error: Error): void {
    if (this.#ended) return
    this.#error = error
    this.end()
  }

  /** Ends at once; what waits is thrown away. */
  discard(): void {
    this.#chunks = []
    this.#bytes = 0
    this.#error = undefined
    this.end()
    this.#onTaken()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#bytes -= chunk.length
        this.#onTaken()
        yield chunk
      } else if (this.#ended) {
        if (this.#error) throw this.#error
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  #rouse(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
