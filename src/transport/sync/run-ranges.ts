import type { OffsetRange } from '../../engine/ports/log.js'
import type { EventRun } from '../../engine/ports/replica.js'
import type { Ranges } from '../../engine/core/ranges.js'

/** All offsets of a run. */
export function runRange(run: EventRun): OffsetRange {
  return { from: run.from, to: run.from + run.events.length }
}

/** Which offsets of a run are whole and which are stubs. */
export function runRanges(run: EventRun): { readonly held: Ranges; readonly stubs: Ranges } {
  const held: OffsetRange[] = []
  const stubs: OffsetRange[] = []
  let start = 0
  run.events.forEach((event, i) => {
    if (run.events[i + 1]?.kind === event.kind) return
    const into = event.kind === 'event' ? held : stubs
    into.push({ from: run.from + start, to: run.from + i + 1 })
    start = i + 1
  })
  return { held, stubs }
}

/** Bytes of the events themselves, without what surrounds them on the wire. */
export function runBytes(run: EventRun): number {
  return run.events.reduce(
    (sum, event) => sum + (event.kind === 'event' ? event.encoded.length : event.digest.length),
    0,
  )
}
