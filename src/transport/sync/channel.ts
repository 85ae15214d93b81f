import { HoldfastError, invariant } from '../../engine/core/errors.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { Link } from '../../engine/ports/link.js'
import { FrameReader, frameHeader } from './frame.js'
import { decodeMessage, encodeMessage } from './message-codec.js'
import type { CloseCode, Message } from './messages.js'
import { Outbox } from './outbox.js'
import type { SyncLimits } from './sync-limits.js'

export interface ChannelOptions {
  readonly link: Link
  readonly hasher: Hasher
  readonly limits: SyncLimits
  /** Called once when nothing more can be sent. */
  readonly onBroken: (error: unknown) => void
}

/** Messages over a link: framing, checks, order, and the answers to `ping`. */
export class Channel {
  readonly #link: Link
  readonly #hasher: Hasher
  readonly #limits: SyncLimits
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  readonly #chunks: AsyncIterator<Uint8Array>
  #pongDue = false
  bytesReceived = 0
  /** Whether the peer said its last word. */
  peerClosed = false
  /** Messages that came, but for `ping` and `pong`. */
  messagesReceived = 0

  constructor({ link, hasher, limits, onBroken }: ChannelOptions) {
    this.#link = link
    this.#hasher = hasher
    this.#limits = limits
    this.#reader = new FrameReader(hasher, limits.strangerFrameMaxBytes)
    this.#outbox = new Outbox(link, limits.controlQueueMaxBytes, onBroken)
    this.#chunks = link.receive[Symbol.asyncIterator]()
  }

  get bytesSent(): number {
    return this.#outbox.bytesSent
  }

  /** From now on frames may have their full size. */
  trust(): void {
    this.#reader.maxBytes = this.#limits.frameMaxBytes
  }

  /** The next message but `ping` and `pong`. Throws PROTOCOL, or PEER_UNREACHABLE where the far end is gone. */
  async next(): Promise<Message> {
    for (;;) {
      const message = decodeMessage(await this.nextPayload())
      if (message.type === 'ping') this.#pong()
      else if (message.type !== 'pong') {
        this.messagesReceived += 1
        this.peerClosed ||= message.type === 'close' && message.code !== 'done'
        return message
      }
    }
  }

  /** The next message as its bytes, for what is signed. */
  async nextPayload(): Promise<Uint8Array> {
    for (;;) {
      const payload = this.#reader.next()
      if (payload) return payload
      const chunk = await this.#chunks.next()
      if (chunk.done === true) {
        const where = this.#reader.inFrame ? ' in the middle of a message' : ''
        throw new HoldfastError('PEER_UNREACHABLE', `${this.#link.name} went away${where}`)
      }
      this.bytesReceived += chunk.value.length
      this.#reader.add(chunk.value)
    }
  }

  /** Sends a small message soon, without waiting. */
  post(message: Message): void {
    this.postPayload(encodeMessage(message))
  }

  postPayload(payload: Uint8Array): void {
    this.#outbox.post(frameHeader(this.#hasher, payload), payload)
  }

  /** Resolves when the link took the message. Not to be awaited by whoever reads. */
  async send(message: Message): Promise<void> {
    const payload = encodeMessage(message)
    invariant(payload.length <= this.#limits.frameMaxBytes, `a message “${message.type}” fits a frame`)
    await this.#outbox.send(frameHeader(this.#hasher, payload), payload)
  }

  /** Says why, where that is still possible, and ends the link. May wait for the far end. */
  async end(last?: { readonly code: CloseCode; readonly text: string }): Promise<void> {
    if (last) this.post({ type: 'close', code: last.code, text: last.text.slice(0, 1000) })
    await this.#outbox.flushed()
    await this.#link.close()
  }

  /** One answer stands for all questions that came before it: a flood of pings makes no flood of answers. */
  #pong(): void {
    if (this.#pongDue) return
    this.#pongDue = true
    void this.#outbox.flushed().then(() => {
      this.#pongDue = false
    })
    this.post({ type: 'pong' })
  }
}
