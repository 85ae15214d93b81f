import type { Readable, Writable } from 'node:stream'
import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Link } from '../../engine/ports/link.js'
import { StdioLink } from './stdio-link.js'

/** How a command ended. `code` is null where a signal ended it. `error`: it could not be started. */
export interface CommandEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly error?: Error
}

export interface StartedCommand {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the command is over and its output read; never rejects. */
  readonly ended: Promise<CommandEnd>
  /** Asks the command to end, or ends it by force. */
  kill(force: boolean): void
}

/** Runs a command line by `sh -c`, with pipes for its standard streams. Never throws. */
export type StartCommand = (command: string) => StartedCommand

export interface ExecLinkOptions {
  /** Run by `sh -c`; its stdin and stdout carry the link. */
  readonly command: string
  readonly start: StartCommand
  readonly clock: Clock
}

/** What is kept of the command's last words. */
const stderrMaxBytes = 4096
/** How long a failed send waits for the command's own account of what happened. */
const explainMs = 1000
/** How long a command that was asked to end may take. */
const killAfterMs = 2000

/**
 * A link over a command's stdio: `ssh HOST holdfast serve --stdio`, `kubectl exec`, `docker exec`. Where the command
 * fails, the error names its exit code and its last line on stderr.
 */
export function openExecLink({ command, start, clock }: ExecLinkOptions): Link {
  return new ExecLink(command, start(command), clock)
}

class ExecLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #child: StartedCommand
  readonly #clock: Clock
  readonly #stdio: StdioLink
  #stderr = Buffer.alloc(0)
  #closed = false
  #killing: Promise<void> | undefined

  constructor(command: string, child: StartedCommand, clock: Clock) {
    this.name = `“${command}”`
    this.#child = child
    this.#clock = clock
    this.#stdio = new StdioLink(this.name, child.stdout, child.stdin)
    child.stderr.on('error', () => undefined)
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-stderrMaxBytes)
    })
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    try {
      await this.#stdio.send(bytes)
    } catch (error) {
      // That a pipe broke says nothing; the command is about to say why.
      if (!this.#closed) throw (await this.#failureSoon()) ?? error
      throw error
    }
  }

  async close(reason?: Error): Promise<void> {
    this.#closed = true
    if (reason) {
      this.#killing ??= this.#kill()
      // A process that the command left behind may hold the pipe: its words are not waited for.
      this.#child.stderr.destroy()
    }
    await this.#stdio.close(reason)
    await this.#killing
    await this.#child.ended
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#stdio.receive
    } catch (error) {
      throw (await this.#failureSoon()) ?? error
    }
    if (this.#closed) return
    const failure = failureOf(this.name, await this.#child.ended, this.#stderr)
    if (failure) throw failure
  }

  async #failureSoon(): Promise<HoldfastError | undefined> {
    const waiting = new AbortController()
    const ended = await Promise.race([
      this.#child.ended,
      this.#clock.sleep(explainMs, waiting.signal).then(() => undefined),
    ])
    waiting.abort()
    return ended && failureOf(this.name, ended, this.#stderr)
  }

  async #kill(): Promise<void> {
    this.#child.kill(false)
    const waiting = new AbortController()
    void this.#child.ended.then(() => waiting.abort())
    await this.#clock.sleep(killAfterMs, waiting.signal)
    if (!waiting.signal.aborted) this.#child.kill(true)
  }
}

/** What a command's end means; undefined for a good one. */
function failureOf(name: string, end: CommandEnd, stderr: Buffer): HoldfastError | undefined {
  if (end.error)
    return new HoldfastError('PEER_UNREACHABLE', `${name} can’t be started: ${end.error.message}`, {
      cause: end.error,
    })
  if (end.code === 0) return undefined
  const how =
    end.code === null ? `was ended by ${end.signal ?? 'a signal'}` : `failed with exit code ${end.code}`
  const words = lastLine(stderr)
  return new HoldfastError('PEER_UNREACHABLE', `${name} ${how}${words === '' ? '' : `: ${words}`}`)
}

function lastLine(stderr: Buffer): string {
  const lines = stderr.toString('utf8').split(/[\r\n]+/)
  const last = lines.map((line) => line.replaceAll(/\p{Cc}/gu, '').trim()).findLast((line) => line !== '')
  return (last ?? '').slice(-500)
}
