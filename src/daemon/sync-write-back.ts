import { splitOpenConflicts } from './auto-split.js'
import type { Runtime } from './runtime.js'
import type { WriteBackSettled } from './write-back-control.js'

export interface WriteBackArgs {
  readonly dryRun: boolean
  readonly noWrite?: boolean
  readonly quietTimeMs?: number | null
}

/** The write-back that belongs to one `sync`: after each exchange, with one result for all of them. */
export class SyncWriteBack {
  readonly #runtime: Runtime
  readonly #args: WriteBackArgs
  readonly #written = new Map<string, WriteBackSettled['written'][number]>()
  #held: WriteBackSettled['held'] = []

  constructor(runtime: Runtime, args: WriteBackArgs) {
    this.#runtime = runtime
    this.#args = args
  }

  /** Sorted. What an earlier exchange had to hold and a later one wrote is written. */
  get result(): WriteBackSettled {
    const written = [...this.#written].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
    return { written, held: this.#held.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
  }

  /** Writes what was received and is quiet. Does nothing where that is not wanted, or nobody writes here. */
  async settle(): Promise<void> {
    const { dryRun, noWrite, quietTimeMs } = this.#args
    const { writeBack } = this.#runtime
    if (!writeBack || dryRun || noWrite) return
    const quiet = typeof quietTimeMs === 'number' ? { quietTimeMs } : {}
    await writeBack.settle(quiet).then((settled) => this.#keep(settled))
    const signal = new AbortController().signal
    if ((await splitOpenConflicts(this.#runtime, { signal })) === 0) return
    this.#keep(await writeBack.settle(quiet))
  }

  #keep({ written, held }: WriteBackSettled): void {
    for (const file of written) this.#written.set(`${file.root}\0${file.path}`, file)
    this.#held = held
  }
}
