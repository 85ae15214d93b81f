import type { Readable, Writable } from 'node:stream'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Link } from '../../engine/ports/link.js'
import { ChunkQueue } from './chunk-queue.js'

/** What may wait for a slow reader before the far end is held back. */
const readAheadMaxBytes = 256 * 1024

/**
 * A link over two streams: a process's stdin and stdout, a child's, or a socket given twice. The streams are the link's
 * from now on; errors of theirs become errors of the link.
 */
export class StdioLink implements Link {
  readonly name: string
  readonly receive: ChunkQueue
  readonly #input: Readable
  readonly #output: Writable
  readonly #inputEnded: Promise<void>
  #closing: Promise<void> | undefined
  #broken: Error | undefined

  constructor(name: string, input: Readable, output: Writable) {
    this.name = name
    this.#input = input
    this.#output = output
    this.receive = new ChunkQueue(() => this.#flow())
    this.#inputEnded = new Promise((resolve) => {
      input.once('end', resolve)
      input.once('close', resolve)
      input.once('error', resolve)
    })
    input.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    input.once('end', () => this.receive.end())
    input.once('close', () => this.receive.fail(this.#unreachable()))
    input.once('error', (cause) => this.receive.fail(this.#unreachable(cause)))
    // Later errors too: without a listener each would end the process.
    input.on('error', () => undefined)
    output.on('error', (cause) => {
      this.#broken ??= cause
    })
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closing) throw new HoldfastError('INTERRUPTED', `the link to ${this.name} is closed`)
    if (this.#broken || !this.#output.writable) throw this.#unreachable(this.#broken)
    if (!this.#output.write(bytes)) await this.#drained()
  }

  async close(reason?: Error): Promise<void> {
    this.#closing ??= this.#close()
    if (reason) {
      this.#output.destroy()
      this.#input.destroy()
    }
    await this.#closing
  }

  async #close(): Promise<void> {
    // What comes in is thrown away but still read: a far end that can't write would not read our last words either.
    this.receive.discard()
    const written = new Promise<void>((resolve) => {
      this.#output.once('close', resolve)
      this.#output.once('error', () => resolve())
      this.#output.once('finish', resolve)
      if (this.#output.destroyed || this.#output.writableFinished) resolve()
    })
    if (this.#output.writable) this.#output.end()
    await Promise.all([written, this.#input.readableEnded || this.#input.destroyed || this.#inputEnded])
    this.#input.destroy()
  }

  #onData(chunk: Uint8Array): void {
    this.receive.push(chunk)
    if (this.receive.bytes >= readAheadMaxBytes) this.#input.pause()
  }

  #flow(): void {
    if (this.receive.bytes < readAheadMaxBytes && this.#input.isPaused()) this.#input.resume()
  }

  #drained(): Promise<void> {
    const output = this.#output
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => (): void => {
        output.off('drain', onDrain)
        output.off('close', onClose)
        output.off('error', onClose)
        then()
      }
      const onDrain = settle(resolve)
      const onClose = settle(() => reject(this.#unreachable(this.#broken)))
      output.on('drain', onDrain)
      output.on('close', onClose)
      output.on('error', onClose)
      if (output.destroyed) onClose()
    })
  }

  #unreachable(cause?: Error): HoldfastError {
    const why = cause ? `: ${cause.message}` : ''
    return new HoldfastError(
      'PEER_UNREACHABLE',
      `the link to ${this.name} broke${why}`,
      cause ? { cause } : {},
    )
  }
}
