import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { textSlot, writeRecord } from '../test/fixtures-gen/corpus-line.js'
import { ByteSink, TextSource } from '../test/fixtures-gen/corpus-text.js'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import { sessionFiles } from './sync-trees.js'

/** Of one appended line, newline included. */
export const lineBytes = 1024

/** One line that was appended to a session file. */
export interface Appended {
  /** Relative to the user's folder. */
  readonly path: string
  /** Length of the file after it. */
  readonly size: number
  /** When the write began, by `performance.now()`. */
  readonly atMs: number
}

/** Appends lines to the sessions of a user's folder, as an agent does. The same seed appends the same lines. */
export class LineWriter {
  readonly #folder: string
  readonly #random: SeededRandom
  readonly #sink = new ByteSink()
  readonly #text: TextSource
  readonly #sessions: readonly string[]
  #next = 0

  constructor(folder: string, seed: number) {
    this.#folder = folder
    this.#random = new SeededRandom(`lines ${seed}`)
    this.#text = new TextSource(this.#random, this.#sink)
    const all = sessionFiles(folder).filter((path) => path.startsWith('.claude/projects/'))
    this.#sessions = all.filter((path) => path.endsWith('.jsonl') && !path.includes('/subagents/'))
    if (this.#sessions.length === 0) throw new Error(`no sessions in ${folder}`)
  }

  /** How many sessions there are to append to. */
  get sessions(): number {
    return this.#sessions.length
  }

  /** A session, another one each time until all had their turn. */
  nextSession(): string {
    return this.#sessions[this.#next++ % this.#sessions.length] as string
  }

  append(path = this.nextSession()): Appended {
    const line = this.#line(basename(path, '.jsonl'))
    const file = openSync(join(this.#folder, path), 'a')
    try {
      const atMs = performance.now()
      writeSync(file, line)
      return { path, size: fstatSync(file).size, atMs }
    } finally {
      closeSync(file)
    }
  }

  #line(sessionId: string): Buffer {
    const uuid = this.#random.uuid()
    const message = { role: 'assistant', content: [{ type: 'text', text: textSlot }] }
    const timestamp = '2025-11-20T10:00:00.000Z'
    this.#sink.length = 0
    writeRecord(
      this.#sink,
      this.#text,
      { parentUuid: null, sessionId, type: 'assistant', message, uuid, timestamp },
      lineBytes,
    )
    return this.#sink.copy()
  }
}
