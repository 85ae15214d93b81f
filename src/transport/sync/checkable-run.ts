import type { EventRun, Replica } from '../../engine/ports/replica.js'
import { isAttached } from './have-set.js'
import { contains } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'

export interface RunReceiver {
  /** What the receiver has of the log, whole or as stubs, once all that is on its way has come. */
  readonly placed: Ranges
  /** Whether it takes what stands behind a hole, and what no signature but its own events prove. */
  readonly takesDetached: boolean
}

/**
 * The run as this receiver can check it. Where it lacks the event before, the chain before goes along; where even this host
 * does not know that chain, as the same event is lost here, the first event stays behind until somebody fills the hole.
 * undefined where the receiver could check nothing of it.
 */
export async function checkableRun(
  replica: Replica,
  run: EventRun,
  { placed, takesDetached }: RunReceiver,
): Promise<EventRun | undefined> {
  const { log, events: end, signature } = run.point
  const isProved = signature.length > 0 || (takesDetached && contains(placed, end))
  if (!isProved) return undefined
  if (isAttached(placed, run.from)) return run
  if (!takesDetached) return undefined
  const before = await replica.chainAt(log, run.from)
  if (before) return { ...run, before }
  const next = run.events.length > 1 ? await replica.chainAt(log, run.from + 1) : undefined
  return next && { ...run, from: run.from + 1, events: run.events.slice(1), before: next }
}
