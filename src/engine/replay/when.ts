import { HoldfastError } from '../core/errors.js'
import type { LogId } from '../core/event.js'
import type { LogInfo, LogReader } from '../ports/log.js'
import type { Until } from './content.js'

/** A moment that a person named: in one log, or by time in all. */
export interface When {
  /** The log that the moment belongs to, or null for all of them. */
  readonly log: LogId | null
  readonly until: Until
}

const durations: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 }

/**
 * Understands `host@N`, `LOGID@N`, an ISO time, or a duration ago (`2h`).
 * @throws HoldfastError WHEN_INVALID, HOST_UNKNOWN
 */
export function parseWhen(text: string, reader: LogReader, nowMs: number): When {
  const at = text.lastIndexOf('@')
  if (at > 0) return atOffset(text.slice(0, at), text.slice(at + 1), reader)
  const ago = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text)
  const ms = ago ? nowMs - Number(ago[1]) * (durations[ago[2] ?? ''] ?? 0) : isoTime(text)
  if (Number.isNaN(ms)) throw new HoldfastError('WHEN_INVALID', `“${text}” names no moment`)
  return { log: null, until: { time: { ms, counter: Number.MAX_SAFE_INTEGER } } }
}

function isoTime(text: string): number {
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
}

function atOffset(name: string, count: string, reader: LogReader): When {
  const info = oneLog(name, reader)
  const events = /^\d+$/.test(count) ? Number(count) : Number.NaN
  if (!(events <= info.events)) {
    throw new HoldfastError('WHEN_INVALID', `${name} has ${info.events} events, not “${count}”`)
  }
  return { log: info.log, until: { events } }
}

function oneLog(name: string, reader: LogReader): LogInfo {
  const byId = reader.logs().filter(({ log }) => /^[0-9a-f]{6,32}$/.test(name) && log.startsWith(name))
  const byName = reader.logs().filter(({ hostName }) => hostName === name)
  const found = byName.length > 0 ? byName : byId
  const [first] = found
  if (!first) throw new HoldfastError('HOST_UNKNOWN', `no host or log is named “${name}”`)
  if (found.length > 1) {
    const ids = found.map(({ log, events }) => `${log.slice(0, 8)}@${events}`).join(', ')
    throw new HoldfastError('WHEN_INVALID', `${name} has several logs: ${ids}`, {
      next: 'Name the log: LOGID@N.',
    })
  }
  return first
}
