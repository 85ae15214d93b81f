import { call, type CallMode } from '../daemon/call.js'
import type { Home } from '../daemon/home.js'
import { HoldfastError } from '../engine/core/errors.js'

/** Runs an operation and gives its result. */
export type Ask = <R>(name: string, args: unknown, mode: CallMode, signal: AbortSignal) => Promise<R>

/** Requests that may wait for their turn. */
const waitingMax = 32

/** Operations through the daemon, or with the store opened here where none runs. */
export function askHome(home: Home): Ask {
  return <R>(name: string, args: unknown, mode: CallMode, signal: AbortSignal) => {
    const io = { progress: () => undefined, bytes: () => Promise.resolve(), signal }
    return call<R>(home, name, args, io, { mode })
  }
}

/**
 * Asks one thing after the other: without a daemon each opens the store, which admits one. A change that began is seen
 * to its end, whatever becomes of the page that asked for it; only reading is given up with its reader.
 */
export class Asker {
  readonly #ask: Ask
  readonly #ending: AbortSignal
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(ask: Ask, ending: AbortSignal) {
    this.#ask = ask
    this.#ending = ending
  }

  read<R>(name: string, args: unknown, reader: AbortSignal): Promise<R> {
    return this.#turn(() => this.#ask<R>(name, args, 'read', AbortSignal.any([reader, this.#ending])))
  }

  change<R>(name: string, args: unknown): Promise<R> {
    return this.#turn(() => {
      this.#ending.throwIfAborted()
      return this.#ask<R>(name, args, 'write', new AbortController().signal)
    })
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) await this.#last
  }

  async #turn<R>(work: () => Promise<R>): Promise<R> {
    if (this.#waiting >= waitingMax) throw new HoldfastError('STORE_IN_USE', 'too many requests wait already')
    this.#waiting++
    const result = this.#last.then(work)
    const over = (): void => void this.#waiting--
    this.#last = result.then(over, over)
    return result
  }
}
