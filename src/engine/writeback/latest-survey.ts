import type { Survey } from './live-writer.js'
import type { WriteTools } from './write-tools.js'

/** The last look at what runs on this machine, taken when somebody first asks. */
export class LatestSurvey {
  readonly #tools: Pick<WriteTools, 'liveWriters' | 'clock'>
  #last: { readonly survey: Survey; readonly atMs: number } | null = null

  constructor(tools: Pick<WriteTools, 'liveWriters' | 'clock'>) {
    this.#tools = tools
  }

  /** @param maxAgeMs how old it may be; default: any age will do */
  get(maxAgeMs = Number.POSITIVE_INFINITY): Survey {
    const { clock, liveWriters } = this.#tools
    const now = clock.now()
    if (!this.#last || now < this.#last.atMs || now - this.#last.atMs > maxAgeMs)
      this.#last = { survey: liveWriters.survey(), atMs: now }
    return this.#last.survey
  }
}
