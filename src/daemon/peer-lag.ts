import { HoldfastError } from '../engine/core/errors.js'
import { countOf, difference, type Ranges } from '../engine/core/ranges.js'
import type { LogId } from '../engine/core/event.js'
import type { HaveSet } from '../transport/sync/have-set.js'
import type { ConfiguredPeer } from './config.js'
import { ownLogId } from './log-continuity.js'
import type { Runtime } from './runtime.js'
import type { LiveProgress } from './session-watch.js'
import { heardOf } from './sync-memory.js'

/** How far a peer and this host are apart, as far as this host knows. */
export interface PeerLag {
  /** Events here that the peer is not known to hold; null where nothing is known of it. */
  readonly sentLag: number | null
  /** Events there that are not here yet; null while it is not connected. */
  readonly receivedLag: number | null
  /** How long ago the first event of this host's log was recorded that the peer is not known to hold; 0 for none. */
  readonly unsentMs: number | null
}

/**
 * The lag of a peer: told by its session while there is one, else by what it was last known to hold.
 * `progress`: of the session that is under way, or null.
 */
export async function peerLag(
  runtime: Runtime,
  peer: Pick<ConfiguredPeer, 'key' | 'direction'>,
  progress: LiveProgress | null,
): Promise<PeerLag> {
  const own = await ownLogId(runtime)
  if (progress?.peer && (progress.phase === 'live' || progress.phase === 'moving')) {
    const sentLag = progress.toSend + (progress.inFlight ?? 0)
    const events = own === null ? 0 : (runtime.store.reader.log(own)?.events ?? 0)
    // Events of other logs may be among them: then it is older than this says by nothing, and younger by a little.
    const first = sentLag === 0 ? null : Math.max(0, events - sentLag)
    return { sentLag, receivedLag: progress.toReceive, unsentMs: await ageOf(runtime, own, first) }
  }
  const nothing = { sentLag: null, receivedLag: null, unsentMs: null }
  const heard = peer.key === undefined ? undefined : await heardOf(runtime.store, peer.key, runtime.hasher)
  if (!heard) return nothing
  if (peer.direction === 'pull') return { ...nothing, sentLag: 0, unsentMs: 0 }
  const logs = runtime.store.reader.logs()
  const unsent = logs.map(({ log, events, lost }) => [log, lacking(heard, log, events, lost)] as const)
  const sentLag = unsent.reduce((sum, [, ranges]) => sum + countOf(ranges), 0)
  const first = unsent.find(([log]) => log === own)?.[1][0]?.from ?? null
  return { ...nothing, sentLag, unsentMs: await ageOf(runtime, own, first) }
}

function lacking(heard: HaveSet, log: LogId, events: number, lost: Ranges): Ranges {
  const whole = difference(events > 0 ? [{ from: 0, to: events }] : [], lost)
  return difference(whole, heard.get(log)?.held ?? [])
}

async function ageOf(
  { store, clock }: Runtime,
  log: LogId | null,
  offset: number | null,
): Promise<number | null> {
  if (log === null || offset === null) return 0
  try {
    const { event } = await store.reader.read({ log, offset })
    return Math.max(0, clock.now() - event.time.ms)
  } catch (error) {
    // What can't be read is no longer on its way.
    if (error instanceof HoldfastError) return null
    throw error
  }
}
