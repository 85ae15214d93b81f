import type { Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Link } from '../../engine/ports/link.js'
import { ChunkQueue } from '../links/chunk-queue.js'
import type { SshServerLimits } from './ssh-server-limits.js'

export interface ChannelLinkOptions {
  /** Who is at the far end, for messages. */
  readonly name: string
  readonly channel: ServerChannel
  /** What carries the channel; no other channel is open on it. */
  readonly socket: Socket
  readonly clock: Clock
  readonly limits: SshServerLimits
}

/** The served end of a link that a client opened over SSH. */
export class ChannelLink implements Link {
  readonly name: string
  readonly receive: ChunkQueue
  readonly #channel: ServerChannel
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #limits: SshServerLimits
  /** Resolves when the channel is closed from both sides, or its connection is gone. */
  readonly #over: Promise<void>
  readonly #broken = new AbortController()
  /** The sends under way: they overlap, and their bytes must not. */
  #turn: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor({ name, channel, socket, clock, limits }: ChannelLinkOptions) {
    this.name = name
    this.#channel = channel
    this.#socket = socket
    this.#clock = clock
    this.#limits = limits
    this.receive = new ChunkQueue(() => {
      if (this.receive.bytes < limits.readAheadMaxBytes && channel.isPaused()) channel.resume()
    })
    this.#over = new Promise((resolve) => {
      const end = (): void => {
        this.#broken.abort()
        this.receive.fail(this.#unreachable())
        resolve()
      }
      channel.once('close', end)
      socket.once('close', end)
    })
    readLittleAhead(channel, limits.readAheadMaxBytes)
    channel.on('error', () => socket.destroy())
    channel.stderr.on('error', () => undefined)
    channel.on('data', (chunk: Uint8Array) => {
      this.receive.push(chunk)
      if (this.receive.bytes >= limits.readAheadMaxBytes) channel.pause()
    })
    channel.once('end', () => {
      // A connection that broke ends its channels, too: what came so far is then no whole.
      if (socket.destroyed) this.receive.fail(this.#unreachable())
      else this.receive.end()
    })
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closing) throw new HoldfastError('INTERRUPTED', `the link to ${this.name} is closed`)
    const sent = this.#turn.then(() => this.#write(bytes))
    this.#turn = sent.catch(() => undefined)
    await sent
  }

  async close(reason?: Error): Promise<void> {
    if (reason) this.#socket.destroy()
    await this.finish(0, '')
  }

  /**
   * Ends the channel as a command ends: with an exit code, and last words on its standard error. Resolves when the
   * client closed it, too, or its time for that is over and the connection is cut.
   */
  async finish(code: number, words: string): Promise<void> {
    this.#closing ??= this.#finish(code, words)
    await this.#closing
  }

  async #finish(code: number, words: string): Promise<void> {
    this.receive.discard()
    this.#channel.resume()
    // A client that takes nothing any more would hold back the end, too.
    void this.#turn.then(() => {
      if (words !== '') this.#channel.stderr.write(words)
      this.#channel.exit(code)
      this.#channel.end()
    })
    const waiting = new AbortController()
    await Promise.race([this.#over, this.#clock.sleep(this.#limits.closeMs, waiting.signal)])
    waiting.abort()
    if (!this.#broken.signal.aborted) this.#socket.destroy()
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length || at === 0; at += this.#limits.pieceMaxBytes) {
      await this.#unlessBroken((done) => {
        this.#channel.write(bytes.subarray(at, at + this.#limits.pieceMaxBytes), () => done())
      })
      // The channel takes all that the client allows; what the network did not take yet is this process’s memory.
      if (this.#socket.writableLength > this.#limits.unsentMaxBytes)
        await this.#unlessBroken((done) => this.#socket.once('drain', done))
    }
  }

  /** Waits for what may never come once the channel is closed. */
  #unlessBroken(begin: (done: () => void) => void): Promise<void> {
    const { signal } = this.#broken
    return new Promise((resolve, reject) => {
      const broken = (): void => reject(this.#unreachable())
      if (signal.aborted || !this.#channel.writable) {
        broken()
        return
      }
      signal.addEventListener('abort', broken, { once: true })
      begin(() => {
        signal.removeEventListener('abort', broken)
        resolve()
      })
    })
  }

  #unreachable(): HoldfastError {
    return new HoldfastError('PEER_UNREACHABLE', `the link to ${this.name} broke`)
  }
}

/**
 * The library opens the client's window anew as long as less than its own 2 MiB wait to be read. What waits there is
 * memory, and delays whoever must know that this end is slow. The bound is in a field that the types leave open.
 */
function readLittleAhead(channel: ServerChannel, maxBytes: number): void {
  const { _readableState: state } = channel as { readonly _readableState?: { highWaterMark?: unknown } }
  if (typeof state?.highWaterMark === 'number') state.highWaterMark = Math.min(state.highWaterMark, maxBytes)
}
