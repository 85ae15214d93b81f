import { HoldfastError } from '../../engine/core/errors.js'
import type { Link } from '../../engine/ports/link.js'

/**
 * A link that is still being opened: what is sent waits, and what keeps it from being opened is thrown to whoever sends
 * or reads. `open` is called at once; it gives up when its signal aborts.
 */
export class OpeningLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #opened: Promise<Link>
  readonly #giveUp = new AbortController()
  #closing: Promise<void> | undefined

  constructor(name: string, open: (signal: AbortSignal) => Promise<Link>) {
    this.name = name
    this.#opened = open(this.#giveUp.signal)
    // Whoever sends or reads hears of it; nobody need.
    this.#opened.catch(() => undefined)
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closing) throw new HoldfastError('INTERRUPTED', `the link to ${this.name} is closed`)
    const link = await this.#opened
    await link.send(bytes)
  }

  async close(reason?: Error): Promise<void> {
    if (reason) this.#giveUp.abort()
    this.#closing ??= this.#close()
    if (reason) void this.#opened.then((link) => link.close(reason)).catch(() => undefined)
    await this.#closing
  }

  async #close(): Promise<void> {
    try {
      const link = await this.#opened
      await link.close()
    } catch {
      // It was never opened: nobody is there to be waited for.
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      const link = await this.#opened
      yield* link.receive
    } catch (error) {
      if (!this.#closing) throw error
    }
  }
}
