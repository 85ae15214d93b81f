import { createHash } from 'node:crypto'

import type { EventRun, Replica } from '../../../src/engine/ports/replica.js'
import { holds } from '../failure.js'
import type { World } from '../world.js'
import type { Ledger } from './ledger.js'

/**
 * `durable` towards peers: what a store says to have taken, and what it gives out, was in a synced batch before. A
 * replica that is watched for it.
 */
export function checkAcknowledged(replica: Replica, world: World): Replica {
  const { ledger } = world
  return {
    have: (withhold) => replica.have(withhold),
    async *read(log, range, withhold) {
      for await (const run of replica.read(log, range, withhold)) {
        world.guard(() => checkRun(ledger, run, 'gave out'))
        yield run
      }
    },
    store: async (run) => {
      const outcome = await replica.store(run)
      if (outcome.kind !== 'forked') world.guard(() => checkRun(ledger, run, 'acknowledged'))
      return outcome
    },
    chainAt: (log, events) => replica.chainAt(log, events),
    onAdded: (listener) => replica.onAdded(listener),
  }
}

function checkRun(ledger: Ledger, { identity: { log }, from, events }: EventRun, what: string): void {
  const known = ledger.events(log)
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'event') continue
    const offset = from + index
    const digest = createHash('sha256').update(event.encoded).digest('hex')
    holds(
      known[offset]?.digest === digest,
      'durable',
      () => `${what} ${log}@${offset}, which no synced batch holds`,
    )
  }
}
