import type { ConfiguredPeer } from './config.js'
import { errorRecord, type ErrorRecord } from './messages.js'
import { lastContactMs } from './peer-contact.js'
import type { ConnectionReport, PeerState } from './peer-connection.js'
import { peerLag } from './peer-lag.js'
import { peerRow, type PeerRow } from './peers.js'
import type { Runtime } from './runtime.js'

/** How a configured peer stands. Times are ISO. */
export interface PeerStatusRow extends PeerRow {
  /** See `PeerState`; without a daemon: offline where it was met before, else unmet. */
  readonly state: PeerState | 'offline' | 'unmet'
  /** Since when it is so; null where no daemon runs. */
  readonly since: string | null
  readonly lastContact: string | null
  /** When the next attempt is due, where one waits. */
  readonly retry: string | null
  /** Whether the session is one that the peer opened. */
  readonly inbound: boolean
  /** Events here that it is not known to hold; null where nothing is known of it. */
  readonly sentLag: number | null
  /** Events there that are not here yet; null while it is not connected. */
  readonly receivedLag: number | null
  /** How long the first event of this host's own log waits for it, in seconds. */
  readonly unsentSeconds: number | null
  /** Why it is not connected, with the next step. */
  readonly error: ErrorRecord | null
}

/** A session that a peer opened and that is served here. */
export interface InboundRow {
  /** What it calls itself; null before it proved who it is. */
  readonly host: string | null
  readonly key: string | null
  readonly since: string
  readonly state: 'connecting' | 'live'
  readonly sentLag: number
  readonly receivedLag: number
}

/** Every configured peer, in the order of the config. */
export function peerStatusRows(runtime: Runtime): Promise<PeerStatusRow[]> {
  return Promise.all(runtime.config().peers.map((peer) => statusRow(runtime, peer)))
}

export function inboundRows({ connections }: Runtime): InboundRow[] {
  return (connections?.inbound ?? []).map(({ host, key, sinceMs, progress }) => ({
    host,
    key,
    since: iso(sinceMs),
    state: progress?.phase === 'live' ? 'live' : 'connecting',
    sentLag: (progress?.toSend ?? 0) + (progress?.inFlight ?? 0),
    receivedLag: progress?.toReceive ?? 0,
  }))
}

async function statusRow(runtime: Runtime, configured: ConfiguredPeer): Promise<PeerStatusRow> {
  const { store, connections } = runtime
  const connection = connections?.of(configured.name)
  const peer = connection?.peer ?? configured
  const report = connection?.report ?? null
  const { sentLag, receivedLag, unsentMs } = await peerLag(runtime, peer, report?.progress ?? null)
  const retryMs = report?.retryMs ?? null
  const contactMs = connected(report) ? runtime.clock.now() : await contactOf(runtime, configured, report)
  return {
    ...peerRow(peer),
    state: report?.state ?? ((await lastContactMs(store, peer.name)) === null ? 'unmet' : 'offline'),
    since: report ? iso(report.sinceMs) : null,
    lastContact: contactMs === null ? null : iso(contactMs),
    retry: retryMs === null ? null : iso(retryMs),
    inbound: report?.inbound ?? false,
    sentLag,
    receivedLag,
    unsentSeconds: unsentMs === null ? null : Math.round(unsentMs / 100) / 10,
    error: report?.error ? errorRecord(report.error) : null,
  }
}

function connected(report: ConnectionReport | null): boolean {
  return report !== null && (report.inbound || report.progress?.peer !== undefined)
}

async function contactOf(
  { store }: Runtime,
  { name }: ConfiguredPeer,
  report: ConnectionReport | null,
): Promise<number | null> {
  return report?.lastContactMs ?? (await lastContactMs(store, name))
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
