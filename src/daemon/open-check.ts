import { toRanges } from '../engine/core/ranges.js'
import type { LogId } from '../engine/core/event.js'
import type { Damage } from '../engine/ports/check.js'
import type { LevelStore } from '../store/level-store.js'

/** After an unclean stop this much of the log's end is read before anything is recorded; `recover` reads all. */
const uncleanCheckMaxBytes = 2 * 1024 * 1024 * 1024

export interface CheckOptions {
  /** Everything from the first event on, with the index; else what an open needs. */
  readonly full: boolean
  readonly unclean: boolean
  readonly onProgress?: (events: number, bytes: number) => void
}

/**
 * Checks a log and fences what is damaged: lost events are marked, so that reads and reports name them; rows that are
 * derived from events are rebuilt. Nothing is deleted. Nothing may be written meanwhile.
 *
 * @returns what was not known before
 */
export async function checkAndFence(store: LevelStore, log: LogId, options: CheckOptions): Promise<Damage[]> {
  const info = store.reader.log(log)
  if (!info) return []
  const found: Damage[] = []
  const from = firstToCheck(info, options)
  for await (const damage of store.check(log, from, options.full || options.unclean, options.onProgress)) {
    found.push(damage)
  }
  const lost = found.filter(({ what }) => what !== 'index' && what !== 'head')
  // Of a loss that reaches into what was looked at, the part before stays known.
  const before = info.lost
    .filter((range) => range.from < from)
    .map((range) => ({ ...range, to: Math.min(range.to, from) }))
  const now = toRanges([...before, ...lost])
  if (JSON.stringify(now) !== JSON.stringify(info.lost)) await store.setLost(log, now)
  if (found.length > 0) await store.rebuildIndex(log)
  return found.filter(
    ({ from: start, to }) => !info.lost.some((range) => range.from <= start && to <= range.to),
  )
}

function firstToCheck(info: { events: number; bytes: number }, { full, unclean }: CheckOptions): number {
  if (full || info.events === 0) return 0
  if (!unclean) return info.events - 1
  const share = Math.min(1, uncleanCheckMaxBytes / Math.max(1, info.bytes))
  return Math.floor(info.events * (1 - share))
}
