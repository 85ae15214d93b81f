import { HoldfastError } from '../../../src/engine/core/errors.js'
import { ChunkQueue } from '../../../src/transport/links/chunk-queue.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { VirtualTime } from '../clock.js'

/** How the bytes of one connection travel. */
export interface LinkHabits {
  /** The longest time that a piece takes. */
  readonly delayMaxMs: number
  /** The most bytes of a piece; each has a random size up to here. */
  readonly pieceMaxBytes: number
  /** How many bytes go through in a millisecond. */
  readonly bytesPerMs: number
  /** Bytes that may be under way before whoever sends is held back. */
  readonly bufferBytes: number
}

export interface PipeTools {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly habits: LinkHabits
  /** Whether anything gets through just now. */
  readonly isOpen: () => boolean
  /** Called with each number of bytes that arrived. */
  readonly onDelivered: (bytes: number) => void
  /** Called when a reset arrives. */
  readonly onReset: () => void
}

interface Travelling {
  readonly bytes: Uint8Array
  isDue: boolean
}

/** One direction of a connection: keeps the order, splits as it likes, waits where the way is cut. */
export class Pipe {
  readonly arrived = new ChunkQueue(() => this.#relieve())
  /** Resolves when nothing comes through any more. */
  readonly over: Promise<void>
  readonly #tools: PipeTools
  #underWay: Uint8Array[] = []
  /** Pieces on the wire, oldest first; one may be due before those that must come before it. */
  #travelling: Travelling[] = []
  #underWayBytes = 0
  #sending = false
  #ending = false
  #resetting = false
  #senderBroken = false
  #refused = false
  #finish!: () => void
  #room: (() => void)[] = []

  constructor(tools: PipeTools) {
    this.#tools = tools
    this.over = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#senderBroken) throw broken()
    const copy = Uint8Array.from(bytes)
    this.#underWay.push(copy)
    this.#underWayBytes += copy.length
    this.resume()
    while (!this.#senderBroken && this.#full) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
    if (this.#senderBroken) throw broken()
  }

  /** Nothing follows what was sent. */
  end(): void {
    this.#ending = true
    this.#soon()
  }

  /** Tells the reader that the connection is gone, before what is still under way. */
  sendReset(): void {
    this.#resetting = true
    this.#soon()
  }

  /** The reader takes nothing more. */
  refuse(): void {
    this.#refused = true
    this.arrived.discard()
  }

  /** The sender's end is gone. */
  breakSender(): void {
    this.#senderBroken = true
    this.#relieve()
  }

  /** The reader's end is gone. */
  breakReader(): void {
    this.#refused = true
    this.arrived.fail(broken())
    this.#finish()
    this.#relieve()
  }

  /** Goes on where there is something to bring: the way may be open again. */
  resume(): void {
    this.#arrive()
    if (this.#sending || this.#underWay.length === 0) return
    const { time, random, habits } = this.#tools
    const [first] = this.#underWay
    if (!first) return
    const length = Math.min(first.length, 1 + random.int(habits.pieceMaxBytes))
    if (length === first.length) this.#underWay.shift()
    else this.#underWay[0] = first.subarray(length)
    const piece: Travelling = { bytes: first.subarray(0, length), isDue: false }
    this.#travelling.push(piece)
    this.#sending = true
    const sendMs = length / habits.bytesPerMs
    time.schedule(sendMs, () => {
      this.#sending = false
      this.resume()
    })
    time.schedule(sendMs + random.float() * habits.delayMaxMs, () => {
      piece.isDue = true
      this.resume()
    })
  }

  /** Hands over what is due, in the order in which it was sent. */
  #arrive(): void {
    if (!this.#tools.isOpen()) return
    if (this.#resetting) {
      this.#resetting = false
      this.#ending = false
      this.#underWay = []
      this.#travelling = []
      this.#underWayBytes = 0
      this.#tools.onReset()
      return
    }
    while (this.#travelling[0]?.isDue === true) {
      const piece = this.#travelling.shift()?.bytes ?? new Uint8Array()
      this.#underWayBytes -= piece.length
      if (!this.#refused) this.arrived.push(piece)
      this.#relieve()
      this.#tools.onDelivered(piece.length)
    }
    if (!this.#ending || this.#underWay.length + this.#travelling.length > 0) return
    this.#ending = false
    this.arrived.end()
    this.#finish()
  }

  #soon(): void {
    const { time, random, habits } = this.#tools
    time.schedule(random.float() * habits.delayMaxMs, () => this.resume())
  }

  /** What the reader has not taken counts: one that pauses holds the sender back. */
  get #full(): boolean {
    const waiting = this.#refused ? 0 : this.arrived.bytes
    return this.#underWayBytes + waiting > this.#tools.habits.bufferBytes
  }

  #relieve(): void {
    if (!this.#senderBroken && this.#full) return
    for (const resume of this.#room.splice(0)) resume()
  }
}

export function broken(): HoldfastError {
  return new HoldfastError('PEER_UNREACHABLE', 'the link broke')
}
