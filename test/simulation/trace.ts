import { createHash } from 'node:crypto'

/** Takes down what happens. */
export interface Notes {
  note(line: string): void
}

/** What happened in a run, in order: a hash of it all, and the last lines for a report. */
export class Trace implements Notes {
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  readonly #print: ((line: string) => void) | null
  #lines = 0

  /** @param print gets every line as it comes */
  constructor(print: ((line: string) => void) | null = null) {
    this.#print = print
  }

  get lines(): number {
    return this.#lines
  }

  /** The lines of one machine: they stand in this trace under its name. */
  of(name: string): Notes {
    return { note: (line) => this.note(`${name}: ${line}`) }
  }

  note(line: string): void {
    this.#lines += 1
    this.#hash.update(line).update('\n')
    this.#last.push(line)
    if (this.#last.length > tailLines * 2) this.#last.splice(0, tailLines)
    this.#print?.(`${this.#lines} ${line}`)
  }

  /** The lines before now, oldest first. */
  tail(): string[] {
    return this.#last.slice(-tailLines)
  }

  /** 16 hex digits over all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}

const tailLines = 40
