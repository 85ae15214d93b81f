import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type { Database } from './database.js'
import { nextChain } from './event-value.js'
import { eventKeyOffset, stubKey } from './keys.js'
import { decodeStubRow } from './replica-rows.js'
import { entries } from './scan.js'

/** The chain behind a range of which only stubs are here; null where something has not even a stub. */
export async function chainOverStubs(
  db: Database,
  hasher: Hasher,
  log: LogId,
  { from, to }: OffsetRange,
  before: Uint8Array,
): Promise<Uint8Array | null> {
  let chain = before
  let expected = from
  for await (const [key, value] of entries(db, { gte: stubKey(log, from), lt: stubKey(log, to) })) {
    if (eventKeyOffset(key) !== expected) return null
    try {
      chain = nextChain(hasher, chain, decodeStubRow(hasher, value).digest)
    } catch (error) {
      // A damaged stub is none.
      if (error instanceof HoldfastError) return null
      throw error
    }
    expected += 1
  }
  return expected === to ? chain : null
}
