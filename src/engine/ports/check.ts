import type { LogId } from '../core/event.js'

/** Something in the store that is not as it was written. Offsets `[from, to)` of the log are affected. */
export interface Damage {
  readonly log: LogId
  readonly from: number
  readonly to: number
  /**
   * hole: events are missing; changed: their bytes are not what was written; misplaced: another event stands there;
   * chain: each event is whole but not the one that was chained (reordered or forged); head: the log's own row
   * disagrees with its last event; index: the row of a file's history is missing or wrong.
   */
  readonly what: 'hole' | 'changed' | 'misplaced' | 'chain' | 'head' | 'index'
}
