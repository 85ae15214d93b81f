import { holds } from '../failure.js'

/** A process that is on a file. */
export interface LiveAgent {
  readonly pid: number
  /** How often Holdfast had looked at the running agents when this one began to be on the file. */
  readonly sinceAgents: number
  /** How often it had looked at who holds files open when this one opened it; null where it does not hold it. */
  readonly sinceFiles: number | null
}

/**
 * `untouched`: no file is written while somebody is on it whom the last look before the write could see. Whoever comes
 * between that look and the write can be kept out by nobody.
 */
export class Untouched {
  /** How often Holdfast looked at the running agents, and at who holds files open. */
  agentLooks = 0
  fileLooks = 0

  lookedAtAgents(): void {
    this.agentLooks += 1
  }

  lookedAtFiles(): void {
    this.fileLooks += 1
  }

  /** Holdfast writes the file; these are on it. */
  written(path: string, agents: readonly LiveAgent[]): void {
    for (const { pid, sinceAgents, sinceFiles } of agents) {
      const unseen = sinceAgents >= this.agentLooks && (sinceFiles === null || sinceFiles >= this.fileLooks)
      holds(
        unseen,
        'untouched',
        () => `${path} is written while process ${pid} is on it, which the last look saw`,
      )
    }
  }
}
