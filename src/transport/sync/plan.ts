import type { LogId } from '../../engine/core/event.js'
import type { OffsetRange } from '../../engine/ports/log.js'
import type { LogPoint } from '../../engine/ports/replica.js'
import { isAttached } from './have-set.js'
import type { HaveSet, LogEntry } from './have-set.js'
import { sameBytes } from './log-bytes.js'
import { contains, difference, intersection, toRanges, union } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'

/** What one host asks of another for one log. */
export interface LogWant {
  readonly log: LogId
  readonly want: Ranges
  /**
   * What the other has and this host could not check without the chain before it: it begins after a hole that both have, as
   * far as the other knows.
   */
  readonly detached: Ranges
}

/**
 * What to ask a peer for: every offset, holes below the head included, that it holds whole and this host doesn't, and its
 * stubs where here is nothing at all. Sorted by log; logs with nothing to say are left out.
 *
 * @param told what the other knows to be here: only behind that it sends without the chain before
 */
export function planWants(
  mine: HaveSet,
  theirs: HaveSet,
  admits: (log: LogId) => boolean,
  told: HaveSet = mine,
): readonly LogWant[] {
  return theirs.entries
    .filter(({ identity }) => admits(identity.log))
    .map((entry) => wantOf(entry, mine, told))
    .filter(({ want, detached }) => want.length > 0 || detached.length > 0)
}

function wantOf(theirs: LogEntry, mine: HaveSet, told: HaveSet): LogWant {
  const { log } = theirs.identity
  const held = mine.get(log)?.held ?? []
  const placed = mine.placed(log)
  const wanted = union(difference(theirs.held, held), difference(theirs.stubs, placed))
  const { attached, detached } = splitAttached(wanted, told.placed(log))
  return { log, want: attached, detached }
}

/** Which of `ranges` a host can check that has `placed`, when it gets them in order, and which it can't. */
export function splitAttached(
  ranges: Ranges,
  placed: Ranges,
): { readonly attached: Ranges; readonly detached: Ranges } {
  // A range may cover stubs that are to be filled: its parts begin anew at their borders.
  const filled = intersection(ranges, placed)
  const parts = [...difference(ranges, placed), ...filled].sort((a, b) => a.from - b.from)
  let reached = -1
  const attached: OffsetRange[] = []
  for (const { from, to } of parts) {
    if (from === reached || isAttached(placed, from)) attached.push({ from, to })
    // The stubs themselves tell the chain after each of them.
    else if (filled.some((range) => range.from === from)) attached.push({ from: from + 1, to })
    else continue
    reached = to
  }
  const normal = toRanges(attached)
  return { attached: normal, detached: difference(ranges, normal) }
}

/** How two hosts' words about one log compare before the store is asked. */
export interface Comparison {
  /** The least point, in events, at which the two are known to differ. */
  readonly differsAt: number | undefined
  /** Points of theirs that lie within what is here, whose chain only the store knows. In order. */
  readonly unsure: readonly LogPoint[]
}

/** Compares the chains at the ends of their ranges with what is known of the same log here. */
export function compareChains(mine: LogEntry, theirs: LogEntry): Comparison {
  const placed = union(mine.held, mine.stubs)
  const unsure: LogPoint[] = []
  let differsAt: number | undefined
  for (const [events, chain] of [...theirs.chains].sort(([a], [b]) => a - b)) {
    const known = mine.chains.get(events)
    if (known) {
      if (differsAt === undefined && !sameBytes(known, chain)) differsAt = events
    } else if (contains(placed, events - 1)) unsure.push({ events, chain })
  }
  return { differsAt, unsure }
}
