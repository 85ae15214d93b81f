import type { LogId } from '../../engine/core/event.js'
import { difference, union, type Ranges } from '../../engine/core/ranges.js'
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
    const entry = bounded(have, Math.min(rangesLeft, limits.logMaxRanges))
    rangesLeft -= entry.held.length + entry.stubs.length
    told.push(entry)
  }
  return new HaveSet(told)
}

function bounded(have: LogHave, rangesMax: number): LogEntry {
  const entry = entryOf(have)
  if (have.withheld && entry.held.length + entry.stubs.length > rangesMax)
    return cut(blurred(entry, have.withheld, rangesMax), rangesMax)
  return cut(entry, rangesMax)
}

/**
 * Tells, from some offset on, what is kept back as if it were open: that takes fewer ranges. The peer then asks for it in
 * every session and gets the stubs once; were the log cut instead, it would never hear of its end.
 */
function blurred(entry: LogEntry, withheld: Ranges, rangesMax: number): LogEntry {
  const ends = [...entry.held, ...entry.stubs].map(({ to }) => to).sort((a, b) => a - b)
  const sharp = [{ from: 0, to: ends[Math.floor(rangesMax / 2) - 1] ?? 0 }]
  const opened = difference(withheld, sharp)
  const held = union(entry.held, opened)
  return { ...entry, held, stubs: difference(entry.stubs, opened) }
}

function cut(entry: LogEntry, rangesMax: number): LogEntry {
  let { held, stubs } = entry
  if (held.length + stubs.length > rangesMax) {
    held = held.slice(0, rangesMax)
    stubs = stubs.slice(0, rangesMax - held.length)
  }
  const ends = new Set([...held, ...stubs].map(({ to }) => to))
  const chains = new Map([...entry.chains].filter(([events]) => ends.has(events)))
  return { ...entry, held, stubs, chains }
}
