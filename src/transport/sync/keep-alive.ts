import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Channel } from './channel.js'
import type { SyncLimits } from './sync-limits.js'

export interface KeepAliveOptions {
  readonly channel: Channel
  readonly clock: Clock
  readonly limits: SyncLimits
  readonly signal: AbortSignal
  /** How long the peer may be alive and not go on; null where it owes nothing. */
  readonly patienceMs: () => number | null
}

/**
 * Asks a silent peer whether it is there. Rejects with PEER_UNREACHABLE where it is not, or where it lives and does not
 * go on. Counts its own waits instead of comparing times, so that a wall clock that jumps ends no session.
 */
export async function keepAlive(options: KeepAliveOptions): Promise<void> {
  const { channel, clock, limits, signal, patienceMs } = options
  const tickMs = limits.pingAfterMs
  let bytes = channel.bytesReceived
  let messages = channel.messagesReceived
  let silentMs = 0
  let stalledMs = 0
  for (;;) {
    await clock.sleep(tickMs, signal)
    if (signal.aborted) return
    silentMs = channel.bytesReceived === bytes ? silentMs + tickMs : 0
    // A large message on a slow link arrives in many chunks: those are progress, a ping's few bytes are not.
    const moves = channel.messagesReceived !== messages || channel.bytesReceived - bytes > idleTickMaxBytes
    const patience = patienceMs()
    stalledMs = moves || patience === null ? 0 : stalledMs + tickMs
    bytes = channel.bytesReceived
    messages = channel.messagesReceived
    if (silentMs >= limits.deadAfterMs)
      throw new HoldfastError('PEER_UNREACHABLE', `the peer has been silent for ${seconds(silentMs)}`)
    if (patience !== null && stalledMs >= patience)
      throw new HoldfastError('PEER_UNREACHABLE', `the peer has not gone on for ${seconds(stalledMs)}`)
    if (silentMs > 0) channel.post({ type: 'ping' })
  }
}

/** More than the pings and pongs of one tick. */
const idleTickMaxBytes = 1024

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
