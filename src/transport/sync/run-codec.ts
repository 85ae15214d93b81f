import { Packr } from 'msgpackr'
import * as v from 'valibot'
import { HoldfastError } from '../../engine/core/errors.js'
import type { LogId } from '../../engine/core/event.js'
import type { EventRun, LogIdentity, WireEvent } from '../../engine/ports/replica.js'
import { logFromBytes, logIdBytes, logToBytes } from './log-bytes.js'
import { syncLimits } from './sync-limits.js'

/**
 * A run on the wire: `[log, from, events, chain, signature, publicKey | nil, logNonce | nil]`, with `before` behind it where
 * the run stands behind a hole. An event is its encoded bytes, a
 * stub `[digest, reason]`. What both ends know of a log (its key, its nonce, where the point stands) is left out.
 */
const packr = new Packr({ useRecords: false, copyBuffers: true, int64AsType: 'number' })

const reasons = ['withheld', 'purged', 'lost'] as const

const bytesOf = (min: number, max = min) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check(({ length }) => length >= min && length <= max),
  )
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const stub = v.strictTuple([
  bytesOf(32),
  v.pipe(
    count,
    v.check((index) => index < reasons.length),
  ),
])
const fields = [
  bytesOf(logIdBytes),
  count,
  v.pipe(
    v.array(v.union([v.instance(Uint8Array), stub])),
    v.minLength(1),
    v.maxLength(syncLimits.runMaxEvents),
  ),
  bytesOf(32),
  v.union([bytesOf(64), bytesOf(0)]),
  v.nullable(bytesOf(1, 128)),
  v.nullable(bytesOf(1, 64)),
] as const
const schema = v.union([v.strictTuple(fields), v.strictTuple([...fields, bytesOf(32)])])

/** `identified`: the receiver knows the log's identity. */
export function encodeRun(run: EventRun, identified: boolean): Uint8Array {
  const { log, publicKey, logNonce } = run.identity
  return packr.pack([
    logToBytes(log),
    run.from,
    run.events.map((event) =>
      event.kind === 'event' ? event.encoded : [event.digest, reasons.indexOf(event.reason)],
    ),
    run.point.chain,
    run.point.signature,
    identified ? null : publicKey,
    identified ? null : logNonce,
    ...(run.before ? [run.before] : []),
  ])
}

/** Checks the form alone; what it says is for the store to check. Throws PROTOCOL. */
export function decodeRun(body: Uint8Array, identityOf: (log: LogId) => LogIdentity | undefined): EventRun {
  let value: unknown
  try {
    value = packr.unpack(body)
  } catch (cause) {
    throw new HoldfastError('PROTOCOL', 'a run of events can’t be unpacked', { cause })
  }
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (!result.success) throw new HoldfastError('PROTOCOL', 'a run of events is malformed')
  const [id, from, packed, chain, signature, publicKey, logNonce, before] = result.output
  const log = logFromBytes(id)
  const identity = publicKey && logNonce ? { log, publicKey, logNonce } : identityOf(log)
  if (!identity) throw new HoldfastError('PROTOCOL', 'a run of a log that was never introduced')
  const events = packed.map((event): WireEvent =>
    event instanceof Uint8Array
      ? { kind: 'event', encoded: event }
      : { kind: 'stub', digest: event[0], reason: reasons[event[1]] ?? 'lost' },
  )
  const end = from + events.length
  if (!Number.isSafeInteger(end)) throw new HoldfastError('PROTOCOL', 'a run beyond all offsets')
  const run = { identity, from, events, point: { log, events: end, chain, signature } }
  return before ? { ...run, before } : run
}
