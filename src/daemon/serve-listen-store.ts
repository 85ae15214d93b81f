import { HoldfastError } from '../engine/core/errors.js'
import type { Clock } from '../engine/ports/clock.js'
import type { ServedChannel } from '../transport/ssh-server/ssh-connection.js'
import { Deferred } from '../transport/sync/deferred.js'
import { call } from './call.js'
import type { LocalRun } from './call.js'
import type { Home } from './home.js'
import type { OperationIo } from './operation.js'
import { serve } from './operations/serve.js'
import type { ServeResult } from './operations/serve.js'
import { openRuntime } from './runtime.js'

/** How long a client may wait, in ms, while the store is opened for another one. */
const turnWithinMs = 20_000

/** Joins what clients open to the daemon, or where none runs to the store, which is opened for one of them at a time. */
export class ListenStore {
  readonly #home: Home
  readonly #clock: Clock
  #turn: Promise<unknown> = Promise.resolve()

  constructor(home: Home, clock: Clock) {
    this.#home = home
    this.#clock = clock
  }

  /** Serves one client until it is done. Throws what the operation throws, and STORE_IN_USE. */
  serve({ link, signal }: ServedChannel): Promise<ServeResult> {
    const io: OperationIo = {
      input: link.receive,
      bytes: (chunk) => link.send(chunk),
      progress: () => undefined,
      signal,
    }
    return call<ServeResult>(this.#home, 'serve', {}, io, { local: this.#here })
  }

  /**
   * Two at once would each take the log for theirs to write. Whoever waits holds nothing but its connection, and the
   * daemon may start meanwhile: then the call is made anew, and goes there.
   */
  readonly #here: LocalRun = async (home, _name, _args, io) => {
    const before = this.#turn
    const over = new Deferred<undefined>()
    this.#turn = over.promise
    try {
      await this.#within(before, io.signal)
      const runtime = await openRuntime({ home, mode: 'write' })
      try {
        return await serve(runtime, {}, io)
      } finally {
        await runtime.close()
      }
    } finally {
      // Also where it was not waited to the end: whoever is next waits for the ones before as well.
      void before.then(() => over.resolve(undefined))
    }
  }

  async #within(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const waiting = new AbortController()
    const over = AbortSignal.any([waiting.signal, signal])
    const turn = await Promise.race([
      before.then(() => true),
      this.#clock.sleep(turnWithinMs, over).then(() => false),
    ])
    waiting.abort()
    signal.throwIfAborted()
    if (!turn)
      throw new HoldfastError(
        'INTERRUPTED',
        'another host is being served, and no daemon runs that could serve both',
        {
          next: 'Try again later, or run `holdfast daemon start` over there.',
        },
      )
  }
}
