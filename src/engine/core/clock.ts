import type { HybridTime } from './event.js'

/**
 * The next time of a hybrid logical clock: never before `last`, and the wall clock where that is later.
 * Kulkarni et al., "Logical Physical Clocks" (2014).
 */
export function tick(last: HybridTime, wallMs: number): HybridTime {
  const ms = Math.floor(wallMs)
  return ms > last.ms ? { ms, counter: 0 } : { ms: last.ms, counter: last.counter + 1 }
}

/** Negative where a is before b. */
export function compareTime(a: HybridTime, b: HybridTime): number {
  return a.ms - b.ms || a.counter - b.counter
}
