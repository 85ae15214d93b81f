import type { StatusResult } from '../daemon/operations/status.js'
import { counted } from './counted.js'
import { formatAgo, formatDuration } from './format.js'
import type { Paint } from './paint.js'
import { safeLine } from './safe-text.js'

type Peer = StatusResult['peers'][number]
type Inbound = StatusResult['inbound'][number]

/** How one peer stands, without its name: `connected for 2h 10m, 3 events behind`. */
export function peerText(peer: Peer, nowMs: number, paint: Paint): string {
  const behind = behindText(peer)
  return behind === '' ? stateText(peer, nowMs, paint) : `${stateText(peer, nowMs, paint)}; ${behind}`
}

/** What somebody has to do about a peer, or null. */
export function peerProblem({ name, error, state }: Peer): string | null {
  if (error === null || (state !== 'refused' && state !== 'waiting')) return null
  return `${safeLine(name)}: ${safeLine(error.message)}. Next: ${safeLine(error.next)}`
}

/** A session that a peer opened. */
export function inboundText({ since, state, sentLag, receivedLag }: Inbound, nowMs: number): string {
  const onTheWay = sentLag + receivedLag
  const doing = state === 'live' ? 'connected to this host' : 'connecting to this host'
  const behind = onTheWay > 0 ? `; ${counted(onTheWay, 'event')} on their way` : ''
  return `${doing} for ${forHow(since, nowMs)}${behind}`
}

function stateText(peer: Peer, nowMs: number, paint: Paint): string {
  const { state, since, lastContact, retry, inbound, error } = peer
  const seen = lastContact === null ? 'never met' : `last seen ${formatAgo(Date.parse(lastContact), nowMs)}`
  const again =
    retry === null ? 'trying now' : `next try in ${formatDuration(Math.max(0, Date.parse(retry) - nowMs))}`
  switch (state) {
    case 'live':
      return `${paint.good('connected')} for ${forHow(since, nowMs)}${inbound ? ', by its own session' : ''}`
    case 'connecting':
      return paint.warn('connecting')
    case 'waiting':
      // A peer without a daemon does not stay connected, and nothing is wrong with it.
      return error === null ? `met, no daemon there; ${again}` : `${paint.warn('away')}, ${seen}; ${again}`
    case 'refused':
      return `${paint.bad('refused')}, ${seen}; ${again}`
    case 'offline':
      return seen
    case 'unmet':
      return 'never met'
  }
}

function behindText({ sentLag, receivedLag, unsentSeconds }: Peer): string {
  const parts: string[] = []
  if (sentLag !== null && sentLag > 0) {
    const since =
      unsentSeconds === null || unsentSeconds < 1 ? '' : `, for ${formatDuration(unsentSeconds * 1000)}`
    parts.push(`lacks ${counted(sentLag, 'event')}${since}`)
  }
  if (receivedLag !== null && receivedLag > 0) parts.push(`${counted(receivedLag, 'event')} to come`)
  return parts.join(', ')
}

function forHow(since: string | null, nowMs: number): string {
  return formatDuration(since === null ? 0 : Math.max(0, nowMs - Date.parse(since)))
}
