import { errorCodes, HoldfastError } from '../engine/core/errors.js'
import type { ErrorCode } from '../engine/core/errors.js'
import type { Progress } from './operation.js'

/**
 * What control socket and commands say to each other, as JSON frames. One connection carries one call: the daemon
 * says hello, the command calls, the daemon answers with progress, bytes (as bytes frames) and one result or error.
 * Bytes frames that the command sends after its call are the operation's input, up to `inputEnd`.
 */

/** Raised when a message changes its meaning. */
export const controlProtocol = 1

export interface Hello {
  readonly hello: {
    readonly protocol: number
    readonly version: string
    readonly pid: number
    readonly sinceMs: number
  }
}

export interface Call {
  readonly call: { readonly name: string; readonly args: unknown }
}

export interface Cancel {
  readonly cancel: true
}

/** No more input comes. */
export interface InputEnd {
  readonly inputEnd: true
}

/** An error on its way through the socket. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly next: string
  readonly exit: number
}

export type Answer =
  { readonly progress: Progress } | { readonly result: unknown } | { readonly error: ErrorRecord }

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

/** Throws PROTOCOL for anything but a hello. */
export function readHello(value: unknown): Hello['hello'] {
  const { protocol, version, pid, sinceMs } = fields(fields(value)['hello'])
  if (
    typeof protocol === 'number' &&
    typeof version === 'string' &&
    typeof pid === 'number' &&
    typeof sinceMs === 'number'
  )
    return { protocol, version, pid, sinceMs }
  throw new HoldfastError('PROTOCOL', 'what answers at the control socket is no Holdfast daemon')
}

/** What a command sends. Throws PROTOCOL for anything else. */
export function readRequest(value: unknown): Call | Cancel | InputEnd {
  const message = fields(value)
  if (message['cancel'] === true) return { cancel: true }
  if (message['inputEnd'] === true) return { inputEnd: true }
  const call = fields(message['call'])
  if (typeof call['name'] === 'string') return { call: { name: call['name'], args: call['args'] } }
  throw new HoldfastError('PROTOCOL', 'a request that is neither a call nor a cancel')
}

/** What a daemon answers. Throws PROTOCOL for anything else. */
export function readAnswer(value: unknown): Answer {
  const message = fields(value)
  if ('result' in message) return { result: message['result'] }
  if ('progress' in message) {
    const { phase, done, total, unit } = fields(message['progress'])
    if (
      typeof phase === 'string' &&
      typeof done === 'number' &&
      (total === null || typeof total === 'number')
    )
      if (unit === 'files' || unit === 'bytes' || unit === 'events')
        return { progress: { phase, done, total, unit } }
  }
  const { code, message: text, next, exit } = fields(message['error'])
  if (typeof code === 'string' && typeof text === 'string' && typeof next === 'string')
    return { error: { code, message: text, next, exit: typeof exit === 'number' ? exit : 1 } }
  throw new HoldfastError('PROTOCOL', 'an answer that this version does not understand')
}

/** Any error as it crosses the socket. One that is not ours becomes INTERNAL with a short message. */
export function errorRecord(error: unknown): ErrorRecord {
  const known =
    error instanceof HoldfastError
      ? error
      : new HoldfastError('INTERNAL', error instanceof Error ? error.message : String(error))
  return { code: known.code, message: known.message, next: known.next, exit: known.exitCode }
}

/** The error that the other end threw. A code that this version does not know becomes INTERNAL, named in the text. */
export function rebuildError(record: ErrorRecord): HoldfastError {
  if (Object.hasOwn(errorCodes, record.code))
    return new HoldfastError(record.code as ErrorCode, record.message, { next: record.next })
  return new HoldfastError('INTERNAL', `${record.code}: ${record.message}`, { next: record.next })
}
