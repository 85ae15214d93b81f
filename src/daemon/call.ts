import { setTimeout as sleep } from 'node:timers/promises'
import { HoldfastError } from '../engine/core/errors.js'
import { connectControl } from './control-client.js'
import type { Home } from './home.js'
import type { OperationIo, Operations } from './operation.js'
import { prepareHome } from './private-folder.js'
import { checkedSocketPath, socketPlace } from './socket-path.js'

/** Whether an operation only reads. Without a daemon the store is opened accordingly. */
export type CallMode = 'read' | 'write'

/** Runs an operation in this process, with the store opened for it. */
export type LocalRun = (
  home: Home,
  name: string,
  args: unknown,
  io: OperationIo,
  mode: CallMode,
) => Promise<unknown>

export interface CallOptions {
  readonly mode?: CallMode
  /** Where no daemon runs. Default: the real store, loaded only then. */
  readonly local?: LocalRun
  /** Waits before each further attempt, in ms, while another process starts or ends. Their sum is the bound. */
  readonly retryAfterMs?: readonly number[]
}

const defaultRetryAfterMs = [20, 50, 100, 200, 400, 600, 700]

/**
 * Runs an operation: in the daemon when one runs, else here. Between the two there is a moment, while a daemon
 * starts or stops, in which the store is taken and no socket answers: then both are tried again, for about 2 s.
 * Rejects with the operation's error, STORE_IN_USE where the moment does not end, or INTERRUPTED.
 */
export async function call<R>(
  home: Home,
  name: string,
  args: unknown,
  io: OperationIo,
  options: CallOptions = {},
): Promise<R> {
  const waits = options.retryAfterMs ?? defaultRetryAfterMs
  for (let attempt = 0; ; attempt++) {
    io.signal.throwIfAborted()
    try {
      const connection = await connectControl(checkedSocketPath(socketPlace(home)))
      if (connection !== undefined) return (await connection.call(name, args, io)) as R
      return (await (options.local ?? runHere)(home, name, args, io, options.mode ?? 'write')) as R
    } catch (error) {
      const wait = waits[attempt]
      if (!(error instanceof HoldfastError) || error.code !== 'STORE_IN_USE' || wait === undefined)
        throw error
      await sleep(wait, undefined, { signal: io.signal })
    }
  }
}

/** Everything heavy is imported here, so that a command which only asks the daemon starts fast. */
async function runHere(
  home: Home,
  name: string,
  args: unknown,
  io: OperationIo,
  mode: CallMode,
): Promise<unknown> {
  process.umask(0o077)
  prepareHome(home)
  const [{ operations }, { openRuntime }] = await Promise.all([
    import('./operations.js'),
    import('./runtime.js'),
  ])
  const registry: Operations = operations
  const operation = Object.hasOwn(registry, name) ? registry[name] : undefined
  if (operation === undefined) throw new HoldfastError('INTERNAL', `there is no operation ${name}`)
  const runtime = await openRuntime({ home, mode, repair: name === 'recover' && mode === 'write' })
  try {
    return await operation(runtime, args as never, io)
  } finally {
    await runtime.close()
  }
}
