import { HoldfastError } from '../../engine/core/errors.js'
import type { Event, EventBody, HybridTime } from '../../engine/core/event.js'
import type { LogInfo, LogReader } from '../../engine/ports/log.js'
import type { Runtime } from '../runtime.js'
import { LogPlaces } from './timeline-place.js'

/** The place of an event among those of all logs. */
export interface TimelinePlace {
  readonly ms: number
  readonly counter: number
  readonly log: string
  readonly offset: number
}

export interface TimelineEventsArgs {
  /** The window: from and up to but excluding these moments, in ms since 1970. Default: all that there is. */
  readonly from?: number
  readonly to?: number
  /** Only this host's: its id. */
  readonly host?: string
  /** Those before this one: what `next` of the page before says. */
  readonly before?: TimelinePlace
  /** At most so many, up to `timelineMaxEvents`. */
  readonly limit: number
}

export interface TimelineEvent extends TimelinePlace {
  readonly host: string
  readonly name: string
  readonly kind: EventBody['kind']
  /** The file that it is about; null where it is about none. */
  readonly root: string | null
  readonly path: string | null
  /** Bytes that it brought. */
  readonly bytes: number
  /** What it says beside that: a choice, a milestone's name, a project. */
  readonly about: string | null
}

export interface TimelineEventsResult {
  /** The latest first. */
  readonly events: readonly TimelineEvent[]
  /** Where the next page begins; null where this was the last one. */
  readonly next: TimelinePlace | null
}

export const timelineMaxEvents = 100

/** Events of all hosts in the order of their times, the latest first, some at a time. What can't be read is passed over. */
export async function timelineEvents(
  runtime: Runtime,
  args: TimelineEventsArgs,
): Promise<TimelineEventsResult> {
  const { reader } = runtime.store
  const limit = Math.min(args.limit, timelineMaxEvents)
  const logs = reader
    .logs()
    .filter(({ host, events }) => events > 0 && (args.host === undefined || host === args.host))
  const tails = await Promise.all(logs.map((info) => tailOf(reader, info, args)))
  const events: TimelineEvent[] = []
  // One event of each log is at hand, the latest of them goes next: no more is read than is shown.
  for (;;) {
    const latest = tails.reduce<Tail | null>((best, tail) => {
      if (!tail.event) return best
      return best?.event && comparePlaces(placeOf(best.event), placeOf(tail.event)) > 0 ? best : tail
    }, null)
    if (!latest?.event) return { events, next: null }
    if (events.length === limit) return { events, next: lastPlace(events) }
    events.push(describe(latest.info, latest.event))
    await stepBack(reader, latest)
  }
}

interface Tail {
  readonly info: LogInfo
  /** The first offset of the window. */
  readonly low: number
  /** Where `event` stands; everything from here on was given. */
  at: number
  event: Event | null
}

async function tailOf(reader: LogReader, info: LogInfo, args: TimelineEventsArgs): Promise<Tail> {
  const { from, to, before } = args
  const places = new LogPlaces(reader, info)
  const low = from === undefined ? 0 : await places.atOrAfter(from)
  const isPast = (time: HybridTime, offset: number): boolean =>
    (to !== undefined && time.ms >= to) ||
    (before !== undefined && comparePlaces({ ...time, log: info.log, offset }, before) >= 0)
  const tail: Tail = { info, low, at: await places.firstThat(isPast, low), event: null }
  await stepBack(reader, tail)
  return tail
}

async function stepBack(reader: LogReader, tail: Tail): Promise<void> {
  tail.event = null
  while (tail.at > tail.low && tail.event === null) {
    tail.at--
    const lost = tail.info.lost.find((range) => range.from <= tail.at && tail.at < range.to)
    if (lost) tail.at = lost.from
    else tail.event = await readable(reader, tail)
  }
}

async function readable(reader: LogReader, { info, at }: Tail): Promise<Event | null> {
  try {
    return (await reader.read({ log: info.log, offset: at })).event
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
    throw error
  }
}

function lastPlace(events: readonly TimelineEvent[]): TimelinePlace | null {
  const last = events.at(-1)
  return last ? { ms: last.ms, counter: last.counter, log: last.log, offset: last.offset } : null
}

function placeOf({ time, log, offset }: Event): TimelinePlace {
  return { ...time, log, offset }
}

/** By time, then log, then offset: the same everywhere. */
export function comparePlaces(a: TimelinePlace, b: TimelinePlace): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  if (a.counter !== b.counter) return a.counter - b.counter
  if (a.log !== b.log) return a.log < b.log ? -1 : 1
  return a.offset - b.offset
}

function describe({ host, hostName }: LogInfo, event: Event): TimelineEvent {
  const { body } = event
  const file = 'file' in body ? body.file : null
  return {
    ...placeOf(event),
    host,
    name: hostName,
    kind: body.kind,
    root: file?.root ?? null,
    path: file?.path ?? null,
    bytes: 'bytes' in body ? body.bytes.length : 0,
    about: aboutOf(body),
  }
}

function aboutOf(body: EventBody): string | null {
  switch (body.kind) {
    case 'resolve':
      return body.choice
    case 'milestone':
      return body.name
    case 'alias':
      return body.project
    case 'move':
      return body.to.path
    case 'session-start':
    case 'session-end':
    case 'crash':
      return body.note === '' ? body.agent : body.note
    default:
      return null
  }
}
