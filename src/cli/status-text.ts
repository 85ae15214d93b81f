import type { StatusResult } from '../daemon/operations/status.js'
import { counted } from './counted.js'
import type { DaemonRow } from './daemon-row.js'
import { cutLines, problemLines, suspectLines } from './finding-lines.js'
import { formatAgo, formatCount, formatSize } from './format.js'
import type { Paint } from './paint.js'
import { inboundText, peerProblem, peerText } from './peer-text.js'
import { safeLine } from './safe-text.js'

interface Status extends StatusResult {
  readonly daemon: DaemonRow
}

/** How a host stands, for people: a label and its facts on each line, what needs the user last. */
export function statusLines(status: Status, nowMs: number, paint: Paint): string[] {
  const rows: [label: string, text: string][] = [
    ['host', hostText(status, paint)],
    ['daemon', daemonText(status.daemon, nowMs, paint)],
    ['recorded', recordedText(status)],
    ['last event', lastText(status, nowMs)],
    ['on disk', diskText(status, paint)],
    ...rootRows(status, paint),
    ...otherHosts(status, nowMs),
    ...peerRows(status, nowMs, paint),
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  return [
    ...rows.map(([label, text]) => `${paint.dim(label.padEnd(width))}  ${text}`),
    ...findings(status, paint),
  ]
}

function hostText({ host, log }: Status, paint: Paint): string {
  return `${paint.strong(safeLine(host))}${log === null ? '' : `, log ${safeLine(log).slice(0, 12)}`}`
}

function daemonText(daemon: DaemonRow, nowMs: number, paint: Paint): string {
  const { running, pid, since, answers } = daemon
  if (!running) return paint.warn('not running; `holdfast daemon start` starts it')
  if (!answers) return paint.bad(`runs (pid ${pid}) but does not answer; see \`holdfast daemon logs\``)
  const started = since === null ? '' : `, started ${formatAgo(Date.parse(since), nowMs)}`
  return `${paint.good('recording')} (pid ${pid}${started})`
}

function recordedText({ streams, events, bytes, lagBytes }: Status): string {
  const lag = lagBytes > 0 ? `; ${formatSize(lagBytes)} on their way` : ''
  return `${counted(streams, 'file')}, ${counted(events, 'event')}, ${formatSize(bytes)}${lag}`
}

function lastText({ lastEvent }: Status, nowMs: number): string {
  return lastEvent === null ? 'none yet' : formatAgo(Date.parse(lastEvent), nowMs)
}

function diskText({ disk: { storeBytes, budgetBytes } }: Status, paint: Paint): string {
  if (budgetBytes === null) return formatSize(storeBytes)
  const text = `${formatSize(storeBytes)} of ${formatSize(budgetBytes)}`
  return storeBytes > budgetBytes ? paint.bad(`${text}: over the budget`) : text
}

/** Roots that are there, one a line; those that are not together, as most hosts lack some agents. */
function rootRows({ roots }: Status, paint: Paint): [string, string][] {
  const found = roots.filter((root) => root.found)
  const missing = roots.filter((root) => !root.found)
  const width = Math.max(0, ...found.map(({ name }) => name.length))
  const files = Math.max(0, ...found.map((root) => formatCount(root.files).length))
  const lines = found.map((root) => {
    const count = formatCount(root.files).padStart(files)
    return `${safeLine(root.name).padEnd(width)}  ${count} ${root.files === 1 ? 'file ' : 'files'}  ${paint.dim(safeLine(root.path))}`
  })
  if (missing.length > 0)
    lines.push(paint.dim(`not there: ${missing.map(({ name }) => safeLine(name)).join(', ')}`))
  return lines.map((line, index) => [index === 0 ? 'roots' : '', line])
}

function otherHosts({ logs, host }: Status, nowMs: number): [string, string][] {
  return logs
    .filter((log) => !log.own && log.host !== host)
    .map((log, index) => {
      const last = log.last === null ? '' : `, ${formatAgo(Date.parse(log.last), nowMs)}`
      const text = `${safeLine(log.host)}: ${counted(log.events, 'event')}, ${formatSize(log.bytes)}${last}`
      return [index === 0 ? 'others' : '', text]
    })
}

/** Configured peers, and hosts that connected to this one without being one of them. */
function peerRows({ peers, inbound }: Status, nowMs: number, paint: Paint): [string, string][] {
  const known = peers.map(({ key }) => key)
  const others = inbound.filter(({ key }) => key === null || !known.includes(key))
  const rows = [
    ...peers.map((peer) => [peer.name, peerText(peer, nowMs, paint)] as const),
    ...others.map((each) => [each.host ?? 'somebody', inboundText(each, nowMs)] as const),
  ]
  return rows.map(([name, text], index) => [index === 0 ? 'peers' : '', `${safeLine(name)}: ${text}`])
}

/** What needs the user, each under a heading of its own with the next step. */
function findings(
  { suspects, problems, logs, held, forks, conflicts, peers }: Status,
  paint: Paint,
): string[] {
  const away = peers.flatMap((peer) => peerProblem(peer) ?? [])
  const lost = logs.flatMap(({ host, lost: ranges }) =>
    ranges.map(({ from, to }) => `${safeLine(host)}: ${counted(to - from, 'event')} from ${from} on`),
  )
  return [
    ...section(
      suspects,
      suspectLines,
      paint.bad('May be damaged, kept out of history; next: `holdfast recover`'),
    ),
    ...section(
      lost,
      (lines) => [...lines],
      paint.bad('Lost in the log; `holdfast recover` refills what is still on disk'),
    ),
    ...section(
      held,
      (rows) => rows.map(({ path, reason }) => `${safeLine(path)}: ${safeLine(reason)}`),
      paint.warn('Held'),
    ),
    ...section(away, (lines) => [...lines], paint.warn('Peers that are not connected')),
    ...section(forks, forkLines, paint.warn('Two histories of one log; each is kept where it is')),
    ...section(problems, problemLines, paint.warn('Not recorded')),
    ...(conflicts > 0 ? ['', paint.warn(counted(conflicts, 'open conflict'))] : []),
  ]
}

function forkLines(forks: Status['forks']): string[] {
  return forks.map(
    ({ log, host, offset, peer }) =>
      `log ${safeLine(log).slice(0, 12)} of ${safeLine(host)}: ${safeLine(peer)} has others from event ${offset} on`,
  )
}

function section<T>(
  found: readonly T[],
  lines: (found: readonly T[]) => readonly string[],
  head: string,
): string[] {
  return found.length === 0 ? [] : ['', head, ...cutLines(lines(found)).map((line) => `  ${line}`)]
}
