import { HoldfastError } from '../engine/core/errors.js'
import type { Link } from '../engine/ports/link.js'
import { Deferred } from '../transport/sync/deferred.js'
import type { OperationIo } from './operation.js'

/** The link to whoever called an operation: what it gives as input and takes as output. */
export class IoLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #io: OperationIo
  readonly #source: AsyncIterator<Uint8Array> | undefined
  readonly #closing = new Deferred<undefined>()
  readonly #farEnd = new Deferred<undefined>()
  #closed = false

  constructor(io: OperationIo, name: string) {
    this.name = name
    this.#io = io
    this.#source = io.input?.[Symbol.asyncIterator]()
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new HoldfastError('INTERRUPTED', 'the link is closed')
    try {
      await this.#io.bytes(bytes)
    } catch (cause) {
      throw gone(cause)
    }
  }

  async close(reason?: Error): Promise<void> {
    if (!this.#closed) void this.#drain()
    this.#closed = true
    this.#closing.resolve(undefined)
    if (reason) this.#farEnd.resolve(undefined)
    await this.#farEnd.promise
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    while (!this.#closed) {
      const chunk = await Promise.race([this.#next(), this.#closing.promise])
      if (chunk === undefined) return
      yield chunk
    }
  }

  /** Whoever still sends is read to its end, so that it sees its own end, too. */
  async #drain(): Promise<void> {
    while ((await this.#next().catch(() => undefined)) !== undefined);
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const step = await this.#source?.next()
      if (step && !step.done) return step.value
    } catch (cause) {
      this.#farEnd.resolve(undefined)
      throw gone(cause)
    }
    this.#farEnd.resolve(undefined)
    return undefined
  }
}

function gone(cause: unknown): HoldfastError {
  return new HoldfastError('PEER_UNREACHABLE', 'the far end is gone', { cause })
}
