import type { LogId } from '../../engine/core/event.js'
import type { LogIdentity } from '../../engine/ports/replica.js'
import type { HaveSet } from './have-set.js'
import type { SyncFork } from './sync-types.js'

/** What is here, and what both ends of a session know of each other; sender and receiver keep it current. */
export interface CommonView {
  /** What is here, whatever of it is told: never asked for again. */
  readonly own: HaveSet
  /** What the peer knows to be here. */
  readonly told: HaveSet
  /** What the peer is known to hold. */
  readonly heard: HaveSet
  /** Logs of which this end sent a run: the peer knows them when it takes it, long before it acknowledges it. */
  readonly introduced: Map<LogId, LogIdentity>
  /** Logs that parted, by log. Nothing of them moves any more. */
  readonly forks: Map<LogId, SyncFork>
  /** Logs about which a question is open: they wait. */
  readonly suspects: Set<LogId>
  /** Logs that take part in this session. */
  admits(log: LogId): boolean
}

/** Whether events of the log may move. */
export function mayMove(view: CommonView, log: LogId): boolean {
  return view.admits(log) && !view.forks.has(log) && !view.suspects.has(log)
}

/** The log's identity where both ends know it: then it stays off the wire. */
export function commonIdentity(view: CommonView, log: LogId): LogIdentity | undefined {
  return view.told.get(log)?.identity ?? view.heard.get(log)?.identity ?? view.introduced.get(log)
}
