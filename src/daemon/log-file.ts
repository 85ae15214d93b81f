import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

export interface LogFileOptions {
  readonly maxBytes?: number
  /** How many files there are at most, the current one included. */
  readonly maxFiles?: number
}

/**
 * A log file that is bounded: at `maxBytes` it becomes `FILE.1`, what was `FILE.1` becomes `FILE.2`, and the oldest
 * goes. Private to the user. Writes are synchronous, so that the last line before a crash is there.
 */
export class LogFile {
  readonly #file: string
  readonly #maxBytes: number
  readonly #maxFiles: number
  #handle: number
  #size: number

  constructor(file: string, options: LogFileOptions = {}) {
    this.#file = file
    this.#maxBytes = options.maxBytes ?? 5 * 1024 * 1024
    this.#maxFiles = options.maxFiles ?? 5
    this.#handle = openSync(file, 'a', 0o600)
    this.#size = fstatSync(this.#handle).size
  }

  /** Appends one line. A disk that refuses it costs the line, never the daemon: recording matters more. */
  write(line: string): void {
    try {
      if (this.#size > 0 && this.#size + Buffer.byteLength(line) > this.#maxBytes) this.#rotate()
      this.#size += writeSync(this.#handle, line)
    } catch {
      // There is nowhere left to say it.
    }
  }

  close(): void {
    closeSync(this.#handle)
  }

  #rotate(): void {
    rmSync(`${this.#file}.${this.#maxFiles - 1}`, { force: true })
    for (let n = this.#maxFiles - 2; n >= 1; n--) moveIfThere(`${this.#file}.${n}`, `${this.#file}.${n + 1}`)
    renameSync(this.#file, `${this.#file}.1`)
    const next = openSync(this.#file, 'a', 0o600)
    closeSync(this.#handle)
    this.#handle = next
    this.#size = 0
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
