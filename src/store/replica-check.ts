import { HoldfastError } from '../engine/core/errors.js'
import { isFileEvent, type Event, type FileFacts, type LogId } from '../engine/core/event.js'
import { limits } from '../engine/core/limits.js'
import { signedPointBytes } from '../engine/core/signed-point.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { EventRun, PeerIdentity, WireEvent } from '../engine/ports/replica.js'
import { decodeEvent } from './event-codec.js'
import { eventDigest, nextChain } from './event-value.js'
import { logIdOf } from './log-identity.js'
import { isStubReason, type StubReason } from './replica-rows.js'

const publicKeyMaxBytes = 128
const nonceMaxBytes = 64
const eventsMax = 262_144
const hostNameMaxChars = 255
/** No honest event is larger: an extent, or references of about the same weight. */
const eventMaxBytes = limits.batchMaxBytes

/** One place of a run, seen to be what its log's writer put there. */
export type CheckedEvent = {
  readonly offset: number
  readonly digest: Uint8Array
  readonly chain: Uint8Array
} & (
  | { readonly kind: 'event'; readonly event: Event; readonly encoded: Uint8Array }
  | { readonly kind: 'stub'; readonly reason: StubReason }
)

/** What nobody needs the store to see. Throws PEER_INVALID where the run can't be what it says it is. */
export function checkShape(hasher: Hasher, run: EventRun): void {
  const { identity, from, events, point } = run
  const { log, publicKey, logNonce } = identity
  if (!/^[0-9a-f]{32}$/.test(log)) throw invalid(log, from, 'the log’s id is none')
  if (!isWithin(publicKey, publicKeyMaxBytes) || !isWithin(logNonce, nonceMaxBytes))
    throw invalid(log, from, 'the log’s key or nonce has an impossible size')
  if (logIdOf(hasher, publicKey, logNonce) !== log)
    throw invalid(log, from, 'the log’s id does not belong to the key')
  if (!Number.isSafeInteger(from) || from < 0 || events.length === 0 || events.length > eventsMax)
    throw invalid(log, from, 'an impossible range')
  if (run.before && run.before.length !== 32) throw invalid(log, from, 'no chain stands before it')
  if (point.log !== log || point.events !== from + events.length || point.chain.length !== 32)
    throw invalid(log, from, 'the signed point does not stand at the end')
  let bytes = 0
  for (const [index, event] of events.entries()) {
    const size = event.kind === 'event' ? event.encoded.length : event.digest.length
    if (
      event.kind === 'stub' ? size !== 32 || !isStubReason(event.reason) : size === 0 || size > eventMaxBytes
    )
      throw invalid(log, from + index, 'an event of an impossible size')
    if (bytes > limits.batchMaxBytes) throw invalid(log, from, 'more at once than allowed')
    bytes += size
  }
}

/**
 * Follows the chain from `before`, the chain at the run's start, to its signed point, and decodes the events. Throws
 * PEER_INVALID at the first thing that is not so.
 *
 * @param joins whether what is held here proves the point by itself: then it needs no signature
 */
export function checkRun(
  hasher: Hasher,
  verifier: Pick<PeerIdentity, 'verify'>,
  run: EventRun,
  before: Uint8Array,
  joins: boolean,
): CheckedEvent[] {
  const { identity, from, point } = run
  const { log, publicKey } = identity
  let chain = before
  const places = run.events.map((wire, index) => {
    const digest = wire.kind === 'event' ? eventDigest(hasher, wire.encoded) : wire.digest
    chain = nextChain(hasher, chain, digest)
    return { wire, offset: from + index, digest, chain }
  })
  if (!sameBytes(chain, point.chain))
    throw invalid(log, from, 'the chain does not lead from what is held here to the signed point')
  if (point.signature.length === 0) {
    if (!joins) throw invalid(log, point.events, 'nobody signed it, and nothing here proves it')
  } else if (!verifier.verify(publicKey, signedPointBytes(log, point.events, point.chain), point.signature))
    throw invalid(log, point.events, 'the signature is not that of the log’s writer')
  return places.map(({ wire, ...place }) => checkEvent(run, wire, place))
}

function checkEvent(
  { identity }: EventRun,
  wire: WireEvent,
  place: { readonly offset: number; readonly digest: Uint8Array; readonly chain: Uint8Array },
): CheckedEvent {
  const { log } = identity
  const { offset } = place
  if (wire.kind === 'stub') return { kind: 'stub', reason: wire.reason, ...place }
  let event: Event
  try {
    event = decodeEvent(wire.encoded)
  } catch (cause) {
    throw invalid(log, offset, 'these bytes are no event', cause)
  }
  if (event.log !== log || event.offset !== offset)
    throw invalid(log, offset, 'the event names another place')
  if ((offset === 0) !== (event.body.kind === 'open'))
    throw invalid(log, offset, 'a log begins with the event that opens it, and with no other')
  checkBody(event, identity)
  return { kind: 'event', event, encoded: wire.encoded, ...place }
}

function checkBody({ log, offset, body }: Event, identity: EventRun['identity']): void {
  if (body.kind === 'open') {
    if (!sameBytes(body.publicKey, identity.publicKey) || !sameBytes(body.logNonce, identity.logNonce))
      throw invalid(log, offset, 'the log was opened under another key')
    if (body.hostName === '' || body.hostName.length > hostNameMaxChars)
      throw invalid(log, offset, 'a host’s name has an impossible length')
  }
  if (isFileEvent(body)) {
    checkFacts(log, offset, body.file)
    if (body.kind === 'base') checkPlace(log, offset, body.source.root, body.source.path)
    if (body.kind === 'move') checkPlace(log, offset, body.to.root, body.to.path)
  }
  if ('file' in body && !isFileEvent(body) && body.file !== null) checkFacts(log, offset, body.file)
}

function checkFacts(log: LogId, offset: number, { root, path, home }: FileFacts): void {
  checkPlace(log, offset, root, path)
  if (/\0/.test(home)) throw invalid(log, offset, 'a home directory that can’t be')
}

/** A path that leads out of its root would be followed when files are rebuilt. */
function checkPlace(log: LogId, offset: number, root: string, path: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(root)) throw invalid(log, offset, 'a root’s name that can’t be')
  const segments = path.split('/')
  if (
    segments.some((segment) => segment === '' || segment === '.' || segment === '..') ||
    path.includes('\0')
  )
    throw invalid(log, offset, 'a path that leads out of its root')
  if (Buffer.byteLength(path) > limits.pathMaxBytes) throw invalid(log, offset, 'a path that is too long')
}

function isWithin(bytes: Uint8Array, maxBytes: number): boolean {
  return bytes.length > 0 && bytes.length <= maxBytes
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** The error for what a peer sent and can't be true: what, and where. */
export function invalid(log: LogId, offset: number, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError(
    'PEER_INVALID',
    `what the peer sent of log ${log.slice(0, 8)} at event ${offset} is not valid: ${what}`,
    cause === undefined ? {} : { cause },
  )
}
