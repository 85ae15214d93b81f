import { call } from '../daemon/call.js'
import type { Home } from '../daemon/home.js'
import type { OperationIo } from '../daemon/operation.js'
import { HoldfastError } from '../engine/core/errors.js'

/** Asks the daemon, and nobody else: throws DAEMON_NOT_RUNNING where none runs, instead of opening the store. */
export function askDaemon<T>(
  home: Home,
  name: string,
  io: Pick<OperationIo, 'signal'> & Partial<OperationIo>,
): Promise<T> {
  const quiet: OperationIo = { progress: () => undefined, bytes: () => Promise.resolve(), ...io }
  return call<T>(home, name, {}, quiet, {
    local: () => Promise.reject(new HoldfastError('DAEMON_NOT_RUNNING', 'the daemon has stopped')),
  })
}
