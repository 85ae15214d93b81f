import type { Client, ClientChannel } from 'ssh2'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Link } from '../../engine/ports/link.js'
import { ChunkQueue } from '../links/chunk-queue.js'
import { farFailure, type FarEnd } from './far-end.js'

/** What may wait for a slow reader before the far end is held back. */
const readAheadMaxBytes = 256 * 1024
/** What the far end may hold of ours and not have given on. It allows twice as much. */
const underWayMaxBytes = 1024 * 1024
/** What is kept of the far end's last words. */
const stderrMaxBytes = 4096

export interface SshLinkOptions {
  readonly name: string
  /** A command that runs at the far end. It is the link's from now on. */
  readonly channel: ClientChannel
  /** The connection that carries it, and nothing else. */
  readonly client: Client
  /** Breaks the connection at once. */
  readonly destroy: () => void
  /** The command that adds this peer, for messages. */
  readonly addCommand: string
}

/** A link over a command that runs at the far end of an SSH connection, by the ssh2 library. */
export class SshLink implements Link {
  readonly name: string
  readonly receive: ChunkQueue
  readonly #options: SshLinkOptions
  readonly #channel: ClientChannel
  readonly #channelClosed: Promise<void>
  readonly #waiting = new Set<(error: Error) => void>()
  #stderr = Buffer.alloc(0)
  /** What the far end said of how the command ended. */
  #end: FarEnd | undefined
  #broken = false
  #over = false
  #closing: Promise<void> | undefined
  #cut!: () => void

  constructor(options: SshLinkOptions) {
    this.name = options.name
    this.#options = options
    const { channel, client } = options
    this.#channel = channel
    this.receive = new ChunkQueue(() => this.#flow())
    narrowWindow(channel)
    channel.on('data', (chunk: Buffer) => {
      this.receive.push(chunk)
      if (this.receive.bytes >= readAheadMaxBytes) channel.pause()
    })
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-stderrMaxBytes)
    })
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#end = { code, signal: signal ?? null }
    })
    channel.on('error', () => undefined)
    this.#channelClosed = new Promise((resolve) => {
      channel.once('close', () => {
        this.#onOver()
        resolve()
      })
      this.#cut = resolve
    })
    // The channel of a broken connection closes, too, but not before its last bytes are read.
    client.once('close', () => {
      this.#broken = this.#end === undefined
      if (this.#broken) this.#onOver()
      this.#cut()
    })
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closing) throw closed()
    if (this.#over) throw this.#failure() ?? this.#gone()
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(reject)
      const done = (error?: Error | null): void => {
        this.#waiting.delete(reject)
        if (error) reject(this.#failure() ?? this.#gone(error))
        else resolve()
      }
      // The library takes the bytes when the far end has room for them, and forgets them where the channel is over.
      this.#channel.write(bytes, done)
    })
  }

  async close(reason?: Error): Promise<void> {
    this.#closing ??= this.#close()
    if (reason) {
      for (const reject of this.#waiting) reject(closed())
      this.#waiting.clear()
      this.#options.destroy()
      this.#cut()
    }
    await this.#closing
  }

  async #close(): Promise<void> {
    // What comes in is thrown away but still read: a far end that can't write would not read our last words either.
    this.receive.discard()
    this.#channel.end()
    await this.#channelClosed
    this.#options.client.end()
  }

  #onOver(): void {
    if (this.#over) return
    this.#over = true
    const failure = this.#failure()
    if (failure) this.receive.fail(failure)
    else this.receive.end()
    for (const reject of this.#waiting) reject(failure ?? this.#gone())
    this.#waiting.clear()
    if (!this.#closing) this.#options.client.end()
  }

  #failure(): HoldfastError | undefined {
    if (this.#broken) return new HoldfastError('PEER_UNREACHABLE', `the connection to ${this.name} broke`)
    // A server need not say how a command ended.
    return (
      this.#end && farFailure(this.name, this.#end, this.#stderr.toString('utf8'), this.#options.addCommand)
    )
  }

  #gone(cause?: Error): HoldfastError {
    return new HoldfastError('PEER_UNREACHABLE', `${this.name} went away`, cause ? { cause } : {})
  }

  #flow(): void {
    if (this.receive.bytes < readAheadMaxBytes && this.#channel.isPaused()) this.#channel.resume()
  }
}

function closed(): HoldfastError {
  return new HoldfastError('INTERRUPTED', 'the link is closed')
}

/**
 * Uses less of the far end's window than it allows: what stands there unread is memory, and delays whoever must know
 * that the far end is slow. The library keeps the window in a field that its types leave open.
 */
function narrowWindow(channel: ClientChannel): void {
  const { outgoing } = channel as { readonly outgoing: { window?: unknown } | null | undefined }
  if (typeof outgoing?.window === 'number') outgoing.window = Math.min(outgoing.window, underWayMaxBytes)
}
