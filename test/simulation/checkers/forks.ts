import type { LogId } from '../../../src/engine/core/event.js'
import { holds } from '../failure.js'

/** What a host says of forks, and what really stands in the stores. */
export interface ForkQuestion {
  readonly name: string
  readonly told: readonly { readonly log: LogId; readonly offset: number }[]
  /** Logs of which any two stores hold different events now. */
  readonly parted: ReadonlySet<LogId>
  /** Whether two different events ever followed the same event at this place. */
  readonly branched: (log: LogId, offset: number) => boolean
  /** Logs that a copied or rolled back machine may have gone on with. */
  readonly allowed: ReadonlySet<LogId>
}

/**
 * `one-writer` across hosts: a name stands for two events only where two machines really went on with one log, and a
 * fork is reported where it is and nowhere else.
 */
export function checkForks({ name, told, parted, branched, allowed }: ForkQuestion): void {
  for (const log of parted) {
    holds(allowed.has(log), 'one-writer', () => `log ${log.slice(0, 8)} parts, and nobody copied it`)
  }
  for (const { log, offset } of told) {
    holds(
      allowed.has(log),
      'one-writer',
      () => `${name} tells of a fork of log ${log.slice(0, 8)} at ${offset}, where none was made`,
    )
    holds(
      branched(log, offset),
      'one-writer',
      () => `${name} tells of a fork of log ${log.slice(0, 8)} at ${offset}; it is elsewhere`,
    )
  }
}
