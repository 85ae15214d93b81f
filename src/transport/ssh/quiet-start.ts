import { HoldfastError } from '../../engine/core/errors.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { Link } from '../../engine/ports/link.js'
import { FrameReader, frameHeaderBytes } from '../sync/frame.js'
import { printable } from '../sync/printable.js'

/** What is read of a greeting to name it. */
const greetingMaxBytes = 300

/**
 * The same link, but for a far end whose shell prints something before the protocol begins: then reading fails with
 * PROTOCOL, or with what ended the link, and says what was printed.
 */
export class QuietStart implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #link: Link
  readonly #hasher: Hasher
  #closed = false

  constructor(link: Link, hasher: Hasher) {
    this.name = link.name
    this.#link = link
    this.#hasher = hasher
    this.receive = this.#chunks()
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#link.send(bytes)
  }

  close(reason?: Error): Promise<void> {
    this.#closed = true
    return this.#link.close(reason)
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    let head = Buffer.alloc(0)
    let begun = false
    try {
      for await (const chunk of this.#link.receive) {
        if (begun) yield chunk
        else {
          head = Buffer.concat([head, chunk])
          if (head.length < frameHeaderBytes) continue
          this.#check(head)
          begun = true
          yield head
        }
      }
    } catch (error) {
      if (begun || !(error instanceof HoldfastError) || error.code === 'PROTOCOL') throw error
      const said = greeting(head)
      if (said === '') throw error
      throw new HoldfastError(error.code, `${error.message}; before, it printed “${said}”`, {
        cause: error,
        next: error.next,
      })
    }
    // Too short for a frame, and the end: nobody but a shell says so little.
    if (!begun && !this.#closed && head.length > 0) throw this.#noise(head)
  }

  #check(head: Buffer): void {
    const reader = new FrameReader(this.#hasher, Number.MAX_SAFE_INTEGER)
    reader.add(head.subarray(0, frameHeaderBytes))
    try {
      reader.next()
    } catch {
      throw this.#noise(head)
    }
  }

  #noise(head: Buffer): HoldfastError {
    return new HoldfastError(
      'PROTOCOL',
      `${this.name}: its shell printed “${greeting(head)}” before the protocol began`,
      {
        next:
          'Nothing may be printed by what that shell reads for a command, such as ~/.bashrc or ~/.zshenv: ' +
          'running `true` over the same connection must print nothing.',
      },
    )
  }
}

/** The first line that says something, without the bytes of a frame that may follow. */
function greeting(head: Buffer): string {
  const lines = head.toString('utf8', 0, greetingMaxBytes).split(/[\r\n]+/)
  return lines.map(printable).find((line) => line !== '') ?? ''
}
