import { createHash } from 'node:crypto'

import type { LogReader } from '../../../src/engine/ports/log.js'
import { holds } from '../failure.js'
import type { Ledger } from './ledger.js'

/** `durable`: every event that was ever acknowledged is still there, with the same digest. */
export async function checkDurable(ledger: Ledger, reader: LogReader): Promise<void> {
  for (const log of ledger.logs()) {
    for (const [offset, known] of ledger.events(log).entries()) {
      if (!known || ledger.isExcused(log, offset)) continue
      const found = await reader.read({ log, offset }).catch(() => null)
      const digest = found && createHash('sha256').update(found.encoded).digest('hex')
      holds(digest === known.digest, 'durable', () => `${log}@${offset} was acknowledged and is gone`)
    }
  }
}

/** Nothing may be shown as acknowledged before the batch that holds it resolved. */
export function checkNotEarly(ledger: Ledger, reader: LogReader): void {
  for (const { log, events } of reader.logs()) {
    holds(
      events <= ledger.count(log),
      'durable',
      () => `${log} shows ${events} events, of which not all are synced`,
    )
  }
}
