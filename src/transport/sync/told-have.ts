import type { LogId } from '../../engine/core/event.js'
import type { LogHave } from '../../engine/ports/replica.js'
import { entryOf, HaveSet } from './have-set.js'
import type { LogEntry } from './have-set.js'
import type { SyncLimits } from './sync-limits.js'

/**
 * What of this host's have-set a peer is told: the logs that the filter admits, cut to what one session carries. What is
 * cut can only cause something to be sent that was here, and is told when there are fewer holes or logs.
 */
export function toldHave(
  haves: readonly LogHave[],
  admits: (log: LogId) => boolean,
  limits: SyncLimits,
): HaveSet {
  let rangesLeft = limits.haveMaxRanges
  const told: LogEntry[] = []
  for (const have of haves) {
    if (told.length >= limits.haveMaxLogs || rangesLeft <= 0) break
    if (!admits(have.log)) continue
    const entry = cut(entryOf(have), Math.min(rangesLeft, limits.logMaxRanges))
    rangesLeft -= entry.held.length + entry.stubs.length
    told.push(entry)
  }
  return new HaveSet(told)
}

function cut(entry: LogEntry, rangesMax: number): LogEntry {
  if (entry.held.length + entry.stubs.length <= rangesMax) return entry
  const held = entry.held.slice(0, rangesMax)
  const stubs = entry.stubs.slice(0, rangesMax - held.length)
  const ends = new Set([...held, ...stubs].map(({ to }) => to))
  const chains = new Map([...entry.chains].filter(([events]) => ends.has(events)))
  return { ...entry, held, stubs, chains }
}
