import { createHash } from 'node:crypto'

import type { Damage } from '../../../src/engine/ports/check.js'
import type { LogReader } from '../../../src/engine/ports/log.js'
import { holds } from '../failure.js'
import type { Ledger } from './ledger.js'

/**
 * `dense`: a log has no holes below its head and its chain verifies. What a fault took must be known as lost, and only
 * that. The chain is computed here, by SHA-256 of Node's own.
 */
export async function checkDense(
  ledger: Ledger,
  reader: LogReader,
  damage: readonly Damage[],
): Promise<void> {
  for (const { log, events, chain, lost } of reader.logs()) {
    let previous: Buffer | null = Buffer.alloc(32)
    for (let offset = 0; offset < events; offset += 1) {
      const found = await reader.read({ log, offset }).catch(() => null)
      if (!found) {
        const known =
          lost.some(({ from, to }) => offset >= from && offset < to) ||
          damage.some((each) => each.log === log && offset >= each.from && offset < each.to)
        holds(
          ledger.isExcused(log, offset) && known,
          'dense',
          () => `${log}@${offset} is missing${known ? '' : ' and nobody knows'}`,
        )
        previous = null
        continue
      }
      const digest = createHash('sha256').update(found.encoded).digest()
      const here = Buffer.from(found.chain)
      if (previous) {
        const next = createHash('sha256').update(previous).update(digest).digest()
        holds(next.equals(here), 'dense', () => `the chain breaks at ${log}@${offset}`)
      }
      previous = here
    }
    const head = previous
    holds(!head || head.equals(Buffer.from(chain)), 'dense', () => `the head of ${log} has another chain`)
  }
}
