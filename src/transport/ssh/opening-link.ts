import { HoldfastError } from '../../engine/core/errors.js'
import type { Link } from '../../engine/ports/link.js'
import { Deferred } from '../sync/deferred.js'

/**
 * A link that is still being opened: what is sent waits, and what keeps it from being opened is thrown to whoever sends
 * or reads. `open` is called at once; it gives up when its signal aborts.
 */
export class OpeningLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #opened: Promise<Link>
  readonly #giveUp = new AbortController()
  readonly #closed = new Deferred<undefined>()
  #closing: Promise<void> | undefined

  constructor(name: string, open: (signal: AbortSignal) => Promise<Link>) {
    this.name = name
    const { signal } = this.#giveUp
    const givenUp = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(interrupted(name)))
    })
    const opening = open(signal)
    // What takes no notice of the signal is not waited for.
    this.#opened = Promise.race([opening, givenUp])
    void opening
      .then(async (link) => {
        if (signal.aborted) await link.close(interrupted(name))
      })
      .catch(() => undefined)
    // Whoever sends or reads hears of it; nobody need.
    this.#opened.catch(() => undefined)
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closing) throw interrupted(this.name)
    const link = await this.#opened
    await link.send(bytes)
  }

  async close(reason?: Error): Promise<void> {
    this.#closed.resolve(undefined)
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
      const link = await Promise.race([this.#opened, this.#closed.promise])
      if (link) yield* link.receive
    } catch (error) {
      if (!this.#closing) throw error
    }
  }
}

function interrupted(name: string): HoldfastError {
  return new HoldfastError('INTERRUPTED', `the link to ${name} is closed`)
}
