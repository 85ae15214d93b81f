/** Sizes differ by this, so that memory fits the next value too. A whole extent with its header has room in four. */
const stepBytes = 128 * 1024
const besideBytes = 8 * 1024
/** The most that is kept for later while values are on their way, and when none is. */
const keptMaxBytes = 16 * 1024 * 1024
const keptAtRestMaxBytes = 1024 * 1024

/**
 * Memory for large values, used again once the database has copied them. Memory of their own would stay until the
 * collector runs: at rest for ever, and during an import it would run for little else.
 */
export class ValueMemory {
  readonly #free = new Map<number, Buffer[]>()
  readonly #lent = new WeakSet<ArrayBufferLike>()
  #lentCount = 0
  #freeBytes = 0

  /** At least so many bytes, with anything in them. What is never taken back is the collector's. */
  lend(bytes: number): Buffer {
    const size = besideBytes + stepBytes * Math.max(1, Math.ceil((bytes - besideBytes) / stepBytes))
    let memory = this.#free.get(size)?.pop()
    if (memory) this.#freeBytes -= size
    else memory = Buffer.allocUnsafeSlow(size)
    this.#lent.add(memory.buffer)
    this.#lentCount += 1
    return memory
  }

  /** Takes back the memory of a value that lies in some that was lent; others are left alone. */
  takeBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer)) return
    this.#lentCount -= 1
    const size = buffer.byteLength
    if (this.#freeBytes + size <= keptMaxBytes) {
      const free = this.#free.get(size)
      if (free) free.push(Buffer.from(buffer))
      else this.#free.set(size, [Buffer.from(buffer)])
      this.#freeBytes += size
    }
    if (this.#lentCount === 0 && this.#freeBytes > keptAtRestMaxBytes) {
      this.#free.clear()
      this.#freeBytes = 0
    }
  }
}
