import { HoldfastError } from '../engine/core/errors.js'
import type { ErrorCode } from '../engine/core/errors.js'

/** The shape of every error in JSON. */
export interface ErrorJson {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly next: string }
}

/** What an error from the command line's own library looks like, as far as it matters here. */
interface CliError extends Error {
  readonly oclif?: { readonly exit?: number | false }
  readonly parse?: unknown
}

const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EROFS: 'NOT_WRITABLE',
  EACCES: 'NOT_WRITABLE',
  EPERM: 'NOT_WRITABLE',
}

/** Any error as one of ours: coded, with an exit code and a next step. */
export function knownError(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  if (!(error instanceof Error)) return new HoldfastError('INTERNAL', String(error))
  const cli = error as CliError
  if (cli.parse !== undefined || typeof cli.oclif?.exit === 'number')
    return new HoldfastError('USAGE', usageMessage(error.message), { cause: error })
  if (error.name === 'AbortError') return new HoldfastError('INTERRUPTED', 'interrupted', { cause: error })
  const code = systemCodes[(error as NodeJS.ErrnoException).code ?? '']
  if (code !== undefined) return new HoldfastError(code, error.message, { cause: error })
  return new HoldfastError('INTERNAL', error.message || error.name, { cause: error })
}

/** The library's message without colours, its hint at --help (`next` says that), and list decoration. */
function usageMessage(message: string): string {
  return message
    .replace(/\u001b\[[0-9;]*m/g, '')
    .replace(/\n?See more help with --help\s*$/, '')
    .trim()
}

export function errorJson(error: HoldfastError): ErrorJson {
  const { code, message, next } = error
  return { error: { code, message, next } }
}

/** For people: two lines, and the trace where it was asked for. */
export function errorLines(error: HoldfastError, debug: boolean): string[] {
  const lines = [`Error: ${error.message}`, `Next: ${error.next}`]
  if (debug) lines.push(...traces(error))
  return lines
}

function traces(error: Error): string[] {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? [own, 'Caused by:', ...traces(error.cause)] : [own]
}
