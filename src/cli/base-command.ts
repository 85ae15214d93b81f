import { Command } from '@oclif/core/command'
import type { CallMode } from '../daemon/call.js'
import { findHome } from '../daemon/home.js'
import type { Home } from '../daemon/home.js'
import type { OperationIo } from '../daemon/operation.js'
import { exitCodes, HoldfastError } from '../engine/core/errors.js'
import type { ExitName } from '../engine/core/errors.js'
import { errorJson, errorLines, knownError } from './error-report.js'
import { ProgressLine } from './progress.js'
import { safeBlock } from './safe-text.js'
import { tableLines } from './table.js'
import type { Column } from './table.js'

/**
 * What every command has in common: `--json`, errors with a code and a next step, interruption, progress.
 * A command parses, makes one call, prints, and returns its result `R`, which is what `--json` shows.
 */
export abstract class HoldfastCommand<R = unknown> extends Command {
  static override enableJsonFlag = true

  /** Aborts at the first Ctrl-C. */
  protected readonly interrupt = new AbortController()
  #calling = 0
  #home: Home | undefined

  abstract override run(): Promise<R>

  protected get home(): Home {
    return (this.#home ??= findHome())
  }

  /** Runs an operation, in the daemon or here, and shows its progress. `bytes` go to stdout unless said otherwise. */
  protected async call<T>(name: string, args: unknown, options: CallOptions = {}): Promise<T> {
    const line = this.jsonEnabled() ? undefined : new ProgressLine(progressScreen())
    const io: OperationIo = {
      progress: options.onProgress ?? ((progress) => line?.show(progress)),
      bytes: options.bytes ?? writeStdout,
      signal: this.interrupt.signal,
    }
    const { call } = await import('../daemon/call.js')
    return this.interruptible(async () => {
      try {
        return await call<T>(
          this.home,
          name,
          args,
          io,
          options.mode === undefined ? {} : { mode: options.mode },
        )
      } finally {
        line?.clear()
      }
    })
  }

  /** While `work` runs, Ctrl-C aborts `this.interrupt` and lets it end in order; otherwise it ends the command. */
  protected async interruptible<T>(work: () => Promise<T>): Promise<T> {
    this.#calling++
    try {
      return await work()
    } finally {
      this.#calling--
    }
  }

  /** Prints a line for people; nothing with --json. */
  protected print(line = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${line}\n`)
  }

  /** Prints rows for people; nothing with --json. */
  protected table(columns: readonly Column[], rows: readonly (readonly (string | number | null)[])[]): void {
    for (const line of tableLines(columns, rows, process.stdout.isTTY)) this.print(line)
  }

  /** Says something beside the result, on stderr, with --json as without. */
  protected note(text: string): void {
    process.stderr.write(`${safeBlock(text)}\n`)
  }

  /** The exit code of a command that did what it could and has something to say about it. */
  protected exitWith(name: ExitName): void {
    process.exitCode = exitCodes[name]
  }

  protected override async init(): Promise<void> {
    await super.init()
    endQuietlyWithoutReader()
    process.on('SIGINT', () => this.onInterrupt())
  }

  /** The first Ctrl-C lets what runs end in order; a second one, or one while nothing runs, ends at once. */
  protected onInterrupt(): void {
    if (this.#calling === 0 || this.interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    this.interrupt.abort(new HoldfastError('INTERRUPTED', 'interrupted'))
  }

  protected override async catch(error: Error): Promise<void> {
    if ((error as NodeJS.ErrnoException).code === 'EEXIT') throw error
    const known = knownError(error)
    process.exitCode = known.exitCode
    if (this.jsonEnabled()) this.logJson(errorJson(known))
    else for (const line of errorLines(known, process.env['HOLDFAST_DEBUG'] === '1')) this.note(line)
  }

  /** Plain JSON whatever the output is: the same bytes in a terminal as in a pipe. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }
}

export interface CallOptions {
  readonly mode?: CallMode
  /** Takes the operation's binary output. */
  readonly bytes?: OperationIo['bytes']
  readonly onProgress?: OperationIo['progress']
}

/** Resolves when stdout took the bytes. */
function writeStdout(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}

/** `holdfast log | head` ends when head has enough; that is no error of anybody's. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done)
    throw error
  })
}

function progressScreen() {
  return {
    write: (text: string) => void process.stderr.write(text),
    isTTY: process.stderr.isTTY,
    columns: process.stderr.columns ?? 80,
    now: Date.now,
  }
}
