import type { LogInfo } from '../../engine/ports/log.js'
import { ownLogId } from '../log-continuity.js'
import type { Runtime } from '../runtime.js'
import { LogPlaces } from './timeline-place.js'

export interface TimelineArgs {
  /** The window: from and up to but excluding these moments, in ms since 1970. Default: all that there is. */
  readonly from?: number
  readonly to?: number
  /** How many steps to divide it into, 1 to `timelineMaxSteps`. */
  readonly steps: number
}

export interface TimelineHost {
  readonly host: string
  readonly name: string
  readonly own: boolean
  /** Events in each step. */
  readonly counts: readonly number[]
  /** Events in the window. */
  readonly events: number
}

export interface TimelineResult {
  /** The window, in ms since 1970; both null where nothing is recorded. */
  readonly from: number | null
  readonly to: number | null
  readonly stepMs: number
  /** When the first and the last event of all happened, in ms. */
  readonly first: number | null
  readonly last: number | null
  /** This host first, then by name. */
  readonly hosts: readonly TimelineHost[]
  /** Hosts beyond the first so many. */
  readonly moreHosts: number
}

export const timelineMaxSteps = 240
const hostsMax = 50

/** How many events each host wrote over time. Reads a few events for each step, however many there are. */
export async function timeline(runtime: Runtime, args: TimelineArgs): Promise<TimelineResult> {
  const { reader } = runtime.store
  const own = await ownLogId(runtime)
  const ownHost = own === null ? undefined : reader.log(own)?.host
  const logs = reader.logs().filter(({ events, last }) => events > 0 && last !== null)
  const found = logs.map((info) => ({ info, places: new LogPlaces(reader, info) }))
  const starts = await Promise.all(found.map(async ({ info, places }) => (await start(info, places)) ?? []))
  const first = least(starts.flat())
  const last = logs.length === 0 ? null : Math.max(...logs.map((info) => info.last?.ms ?? 0))
  const window = windowOf(args, first, last)
  if (!window) return { from: null, to: null, stepMs: 0, first, last, hosts: [], moreHosts: 0 }
  const rows = new Map<string, { name: string; counts: number[] }>()
  for (const { info, places } of found) {
    const row = rows.get(info.host) ?? {
      name: info.hostName,
      counts: Array.from({ length: window.steps }, () => 0),
    }
    rows.set(info.host, { ...row, name: info.hostName })
    let before = await places.atOrAfter(window.from)
    for (let step = 0; step < window.steps; step++) {
      const isLast = step === window.steps - 1 && args.to === undefined
      // What can't be read at the log's end has no time, and belongs to all that there is nevertheless.
      const after = isLast
        ? info.events
        : await places.atOrAfter(window.from + window.stepMs * (step + 1), before)
      row.counts[step] = (row.counts[step] ?? 0) + after - before
      before = after
    }
  }
  const hosts = [...rows].map(([host, { name, counts }]): TimelineHost => {
    return {
      host,
      name,
      own: host === ownHost,
      counts,
      events: counts.reduce((sum, count) => sum + count, 0),
    }
  })
  const sorted = hosts.toSorted((a, b) => Number(b.own) - Number(a.own) || order(a.name, b.name))
  return {
    from: window.from,
    to: window.from + window.stepMs * window.steps,
    stepMs: window.stepMs,
    first,
    last,
    hosts: sorted.slice(0, hostsMax),
    moreHosts: Math.max(0, sorted.length - hostsMax),
  }
}

/** Steps are whole milliseconds, so that a window never cuts a moment in two. */
function windowOf(args: TimelineArgs, first: number | null, last: number | null) {
  if (first === null || last === null) return null
  const from = args.from ?? first
  const to = Math.max(args.to ?? last + 1, from + 1)
  const steps = Math.min(args.steps, timelineMaxSteps, to - from)
  return { from, steps, stepMs: Math.ceil((to - from) / steps) }
}

/** The time of the first event that can be read. */
async function start(info: LogInfo, places: LogPlaces): Promise<number | null> {
  const offset = await places.firstThat(() => true)
  const time = (await places.timeAt(offset)) ?? info.last
  return time === null ? null : time.ms
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
