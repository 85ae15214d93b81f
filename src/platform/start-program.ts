import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A program that runs, with its standard streams. */
export interface Running {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly ended: Promise<{
    readonly code: number | null
    readonly signal: string | null
    readonly error?: Error
  }>
  kill(force: boolean): void
}

/**
 * Runs a program with its arguments as they are, no shell in between, with pipes. One that can't be started ends with an
 * error, whose code says why (ENOENT: there is none); nothing throws.
 */
export function startProgram([program, ...args]: readonly [string, ...string[]]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const ended: Running['ended'] = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  // Where it could not be started the pipes fail too, each with an event that nobody else may hear.
  child.stdin.on('error', () => undefined)
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: (force) => {
      child.kill(force ? 'SIGKILL' : 'SIGTERM')
    },
  }
}
