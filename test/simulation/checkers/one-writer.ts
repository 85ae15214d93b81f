import type { LogId } from '../../../src/engine/core/event.js'
import { holds } from '../failure.js'

/** `one-writer`: no (log, offset) ever names two events, over the whole history of all stores. */
export class OneWriter {
  readonly #digests = new Map<string, string>()

  /** An event was acknowledged under this name. */
  named(log: LogId, offset: number, digest: string): void {
    const name = `${log}@${offset}`
    const known = this.#digests.get(name)
    holds(known === undefined || known === digest, 'one-writer', () => `${name} names two events`)
    this.#digests.set(name, digest)
  }
}
