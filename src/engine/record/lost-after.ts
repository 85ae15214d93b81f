import type { LogId } from '../core/event.js'
import type { LogReader } from '../ports/log.js'

/**
 * How many events of a log are lost behind an offset. Any of them may have changed a file whose last known event stands
 * there: what such a file holds next must not refer to what is known of it, or a replay would go wrong on a host that
 * still has the lost events, and here once they are refilled.
 */
export function lostAfter(reader: LogReader, log: LogId, offset: number): number {
  const lost = reader.log(log)?.lost ?? []
  return lost.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, offset + 1)), 0)
}
