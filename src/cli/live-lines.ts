import type { StatusResult } from '../daemon/operations/status.js'
import { changeColumns } from './change-group.js'
import type { Change } from './change-group.js'
import { counted } from './counted.js'
import { cutLines, problemLines, suspectLines } from './finding-lines.js'
import { formatAgo, formatCount, formatSize, formatTime } from './format.js'
import type { Importing, LiveDaemon } from './live-view.js'
import type { Paint } from './paint.js'
import { peerText } from './peer-text.js'
import { safeLine } from './safe-text.js'

export interface RecentChange extends Change {
  readonly atMs: number
}

/** All that the live status shows. */
export interface LiveState {
  readonly daemon: LiveDaemon
  readonly status: StatusResult | null
  readonly importing: Importing | null
  /** Oldest first. */
  readonly recent: readonly RecentChange[]
  readonly notices: readonly string[]
}

const findingsMax = 3

/** The live status of a host as lines for a terminal. */
export function liveLines(state: LiveState, nowMs: number, paint: Paint): string[] {
  const { daemon, status, importing, recent, notices } = state
  const pid = paint.dim(`(pid ${daemon.pid})`)
  const lines: string[] = []
  if (status === null) lines.push(`${paint.strong('holdfast')}  starting ${pid}`)
  else {
    const doing = status.recording ? paint.good('recording') : paint.warn('not recording just now')
    lines.push(`${paint.strong(safeLine(status.host))}  ${doing} ${pid}`, totals(status, nowMs))
  }
  if (status !== null)
    for (const peer of status.peers) lines.push(`${safeLine(peer.name)}: ${peerText(peer, nowMs, paint)}`)
  if (importing !== null) lines.push(importText(importing))
  if (recent.length > 0) lines.push('')
  for (const change of recent)
    lines.push(`${paint.dim(formatTime(change.atMs).slice(11))}  ${changeColumns(change)}`)
  if (status !== null) lines.push(...findings(status, paint))
  if (notices.length > 0) lines.push('', ...notices.map((text) => paint.warn(safeLine(text))))
  lines.push('', paint.dim(hint(daemon)))
  return lines
}

function totals({ streams, events, bytes, lastEvent }: StatusResult, nowMs: number): string {
  const last = lastEvent === null ? '' : `; last event ${formatAgo(Date.parse(lastEvent), nowMs)}`
  return `${counted(streams, 'file')}, ${counted(events, 'event')}, ${formatSize(bytes)}${last}`
}

/** `recording what is there: 1.2 MB of 2.0 MB (60 %), 20 of 40 files` */
export function importText({ files, totalFiles, bytes, totalBytes }: Importing): string {
  const percent = totalBytes > 0 ? Math.floor((bytes / totalBytes) * 100) : 100
  const sizes = `${formatSize(bytes)} of ${formatSize(totalBytes)} (${percent} %)`
  return `recording what is there: ${sizes}, ${formatCount(files)} of ${counted(totalFiles, 'file')}`
}

function findings({ suspects, problems }: StatusResult, paint: Paint): string[] {
  const lines: string[] = []
  if (suspects.length > 0) {
    lines.push(
      '',
      paint.bad(`${counted(suspects.length, 'file')} may be damaged; next: \`holdfast recover\``),
    )
    lines.push(...indented(suspectLines(suspects)))
  }
  if (problems.length > 0) {
    lines.push('', paint.warn(`${formatCount(problems.length)} not recorded`))
    lines.push(...indented(problemLines(problems)))
  }
  return lines
}

function indented(lines: readonly string[]): string[] {
  return cutLines(lines, findingsMax).map((line) => `  ${line}`)
}

function hint({ own }: LiveDaemon): string {
  return own
    ? 'Ctrl-C stops recording · `holdfast status` in another terminal'
    : 'Ctrl-C leaves, the daemon goes on · `holdfast status` in another terminal'
}
