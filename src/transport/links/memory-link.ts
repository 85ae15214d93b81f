import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock, Random } from '../../engine/ports/clock.js'
import type { Link } from '../../engine/ports/link.js'
import { ChunkQueue } from './chunk-queue.js'

/** How a link in memory behaves. Everything that varies comes from `random`, so one seed is one behaviour. */
export interface MemoryLinkOptions {
  readonly clock: Clock
  readonly random: Random
  /** The longest time that a piece takes, in ms. Default 0: pieces arrive in the same moment. */
  readonly delayMaxMs?: number
  /** The most bytes of a piece; each has a random size up to here. Default: pieces stay as they were sent. */
  readonly pieceMaxBytes?: number
  /** Bytes that may be under way before `send` waits. Default 64 KiB. */
  readonly bufferBytes?: number
  /** The link breaks for both ends when so many bytes, of both directions together, have arrived. */
  readonly cutAfterBytes?: number
  /** May change what arrives: `at` is the place of its first byte in its direction. */
  readonly tamper?: (piece: Uint8Array, at: number, direction: 'there' | 'back') => Uint8Array
}

export interface MemoryLinks {
  readonly near: Link
  readonly far: Link
  /** Breaks the link for both ends at once. */
  cut(): void
}

/** Two ends of a link that lives in memory, for tests and simulations. */
export function createMemoryLinks(options: MemoryLinkOptions): MemoryLinks {
  const shared: Shared = { left: options.cutAfterBytes ?? Infinity, pipes: [] }
  const there = new Pipe(options, 'there', shared)
  const back = new Pipe(options, 'back', shared)
  shared.pipes.push(there, back)
  return {
    near: new MemoryLink('the far end', there, back),
    far: new MemoryLink('the near end', back, there),
    cut: () => {
      for (const pipe of shared.pipes) pipe.cut()
    },
  }
}

interface Shared {
  /** Bytes that still arrive. */
  left: number
  readonly pipes: Pipe[]
}

class MemoryLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #out: Pipe
  readonly #in: Pipe
  #closed = false

  constructor(name: string, out: Pipe, into: Pipe) {
    this.name = name
    this.#out = out
    this.#in = into
    this.receive = into.arrived
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new HoldfastError('INTERRUPTED', 'the link is closed')
    await this.#out.send(bytes)
  }

  async close(reason?: Error): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#in.refuse()
      this.#out.end()
    }
    if (reason) {
      this.#out.cut()
      this.#in.cut()
    }
    await this.#in.over
  }
}

/** One direction. */
class Pipe {
  readonly arrived = new ChunkQueue(() => this.#relieve())
  /** Resolves when nothing comes through any more. */
  readonly over: Promise<void>
  readonly #options: MemoryLinkOptions
  readonly #direction: 'there' | 'back'
  readonly #shared: Shared
  #underWay: Uint8Array[] = []
  #underWayBytes = 0
  #at = 0
  #moving = false
  #ending = false
  #broken = false
  #refused = false
  #finish!: () => void
  #room: (() => void)[] = []

  constructor(options: MemoryLinkOptions, direction: 'there' | 'back', shared: Shared) {
    this.#options = options
    this.#direction = direction
    this.#shared = shared
    this.over = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#broken) throw broken()
    const copy = Uint8Array.from(bytes)
    this.#underWay.push(copy)
    this.#underWayBytes += copy.length
    if (!this.#moving) void this.#move()
    while (!this.#broken && this.#full) await new Promise<void>((resolve) => this.#room.push(resolve))
    if (this.#broken) throw broken()
  }

  end(): void {
    this.#ending = true
    if (!this.#moving) void this.#move()
  }

  /** The reader is gone: what comes is thrown away. */
  refuse(): void {
    this.#refused = true
    this.arrived.discard()
  }

  cut(): void {
    this.#broken = true
    this.#underWay = []
    this.arrived.fail(broken())
    this.#relieve()
    this.#finish()
  }

  /** What was sent and not yet taken by the reader counts: a reader that pauses holds the sender back. */
  get #full(): boolean {
    const waiting = this.#refused ? 0 : this.arrived.bytes
    return this.#underWayBytes + waiting > (this.#options.bufferBytes ?? 64 * 1024)
  }

  async #move(): Promise<void> {
    this.#moving = true
    // Never in the sender's own turn: no real link delivers before `send` returns.
    await Promise.resolve()
    for (let piece = this.#nextPiece(); piece && !this.#broken; piece = this.#nextPiece()) {
      const delayMs = this.#number(this.#options.delayMaxMs ?? 0)
      if (delayMs > 0) await this.#options.clock.sleep(delayMs)
      if (this.#broken) break
      this.#deliver(piece)
    }
    this.#moving = false
    if (this.#ending && !this.#broken) {
      this.arrived.end()
      this.#finish()
    }
  }

  #deliver(piece: Uint8Array): void {
    this.#underWayBytes -= piece.length
    const arrives = piece.subarray(0, this.#shared.left)
    this.#shared.left -= arrives.length
    const tampered = this.#options.tamper?.(arrives, this.#at, this.#direction) ?? arrives
    this.#at += piece.length
    if (!this.#refused) this.arrived.push(tampered)
    this.#relieve()
    if (this.#shared.left <= 0) for (const pipe of this.#shared.pipes) pipe.cut()
  }

  #nextPiece(): Uint8Array | undefined {
    const [first] = this.#underWay
    if (!first) return undefined
    const max = this.#options.pieceMaxBytes
    const length = max === undefined ? first.length : Math.min(first.length, 1 + this.#number(max - 1))
    if (length === first.length) this.#underWay.shift()
    else this.#underWay[0] = first.subarray(length)
    return first.subarray(0, length)
  }

  #relieve(): void {
    if (!this.#broken && this.#full) return
    for (const resume of this.#room.splice(0)) resume()
  }

  /** A random whole number up to `max`. */
  #number(max: number): number {
    if (max <= 0) return 0
    const [a = 0, b = 0, c = 0] = this.#options.random.bytes(3)
    return ((a << 16) | (b << 8) | c) % (max + 1)
  }
}

function broken(): HoldfastError {
  return new HoldfastError('PEER_UNREACHABLE', 'the link broke')
}
