import { limits } from '../../../src/engine/core/limits.js'
import type { DatabaseOperation } from '../../../src/store/database.js'
import { holds } from '../failure.js'
import { eventOf } from './ledger.js'

/** `bounded`: no batch carries more payload than a batch may, and no event more than an extent may. */
export function checkBatch(operations: readonly DatabaseOperation[]): void {
  let payload = 0
  for (const operation of operations) {
    const found = operation.type === 'put' ? eventOf(operation.key, operation.value) : null
    const body = found?.event.body
    if (body?.kind !== 'append' && body?.kind !== 'file') continue
    const bound = body.kind === 'append' ? limits.extentMaxBytes : limits.stateFileMaxBytes
    holds(body.bytes.length <= bound, 'bounded', () => `an event of ${body.bytes.length} bytes`)
    payload += body.bytes.length
  }
  const most = limits.batchMaxBytes + limits.extentMaxBytes
  holds(payload <= most, 'bounded', () => `a batch of ${payload} bytes`)
}

/** No more may wait for the disk than the queue may hold, and one commit above it. */
export function checkQueue(pendingBytes: number): void {
  const most = limits.queueMaxBytes + limits.batchMaxBytes
  holds(pendingBytes <= most, 'bounded', () => `${pendingBytes} bytes wait for the store`)
}
