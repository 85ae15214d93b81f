import { HoldfastError } from '../engine/core/errors.js'
import type { Link } from '../engine/ports/link.js'
import type { OperationIo } from './operation.js'

/** The link to whoever called an operation: what it gives as input and takes as output. */
export function ioLink(io: OperationIo, name: string): Link {
  const source = (io.input ?? nothing())[Symbol.asyncIterator]()
  const end = withResolvers()
  const farEnd = withResolvers()
  let closed = false

  async function next(): Promise<Uint8Array | undefined> {
    try {
      const step = await source.next()
      if (!step.done) return step.value
      farEnd.resolve()
      return undefined
    } catch (cause) {
      farEnd.resolve()
      throw new HoldfastError('PEER_UNREACHABLE', 'the far end is gone', { cause })
    }
  }

  async function* receive(): AsyncGenerator<Uint8Array> {
    while (!closed) {
      const pending = next()
      const chunk = await Promise.race([pending, end.promise])
      if (chunk === undefined) {
        // Whoever still sends is read to its end, so that it sees its own end, too.
        pending.then(drain, () => undefined)
        return
      }
      yield chunk
    }
  }

  async function drain(last: Uint8Array | undefined): Promise<void> {
    for (let chunk = last; chunk !== undefined; chunk = await next().catch(() => undefined));
  }

  return {
    name,
    receive: receive(),
    send: async (bytes) => {
      if (closed) throw new HoldfastError('INTERRUPTED', 'the link is closed')
      try {
        await io.bytes(bytes)
      } catch (cause) {
        throw new HoldfastError('PEER_UNREACHABLE', 'the far end is gone', { cause })
      }
    },
    close: (reason) => {
      closed = true
      end.resolve()
      if (reason !== undefined) farEnd.resolve()
      return farEnd.promise
    },
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function withResolvers(): { readonly promise: Promise<undefined>; readonly resolve: () => void } {
  let settle: (value: undefined) => void = () => undefined
  const promise = new Promise<undefined>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: () => settle(undefined) }
}
