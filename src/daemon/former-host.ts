import { HoldfastError } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { LogInfo, LogReader } from '../engine/ports/log.js'
import { continuedLogs } from '../engine/replay/select.js'

/** The logs of one host that is no more. */
export interface FormerHost {
  readonly name: string
  /** Newest first: each continues the next. */
  readonly logs: readonly LogId[]
  /** Whether the log that this host writes continues them already. */
  readonly continued: boolean
}

/**
 * Finds what this machine wrote before it lost everything. `wanted`: a host's name, or the begin of a log's id; null: the
 * host that is named as this one. Throws HOST_UNKNOWN where there is none, USAGE with the choices where there are several.
 */
export async function formerHost(
  reader: LogReader,
  own: LogId | null,
  hostName: string,
  wanted: string | null,
): Promise<FormerHost> {
  const mine = own === null ? [] : await continuedLogs(reader, own)
  const self = own === null ? undefined : reader.log(own)?.host
  // What was written under this host's present key since it was set up anew is no former log.
  const isOther = ({ log, host }: LogInfo): boolean => host !== self && !mine.includes(log)
  const others = reader.logs().filter((info) => info.events > 0 && isOther(info))
  const name = wanted ?? hostName
  const named = others.filter((each) => each.hostName === name)
  const byId = /^[0-9a-f]{6,32}$/.test(name) ? others.filter(({ log }) => log.startsWith(name)) : []
  const chains = await Promise.all(
    (named.length > 0 ? named : byId).map(async (info) => ({
      info,
      logs: await continuedLogs(reader, info.log),
    })),
  )
  // The last log of a line stands for all that it continues.
  const last = chains.filter(({ info }) =>
    chains.every(({ info: other, logs }) => other === info || !logs.includes(info.log)),
  )
  const [only] = last
  if (only && last.length === 1) return { name: only.info.hostName, logs: only.logs, continued: false }
  // Run once more after it was cut short, or after all is done.
  if (last.length === 0 && mine.length > 1 && reader.log(mine[1] ?? '')?.hostName === name)
    return { name, logs: mine.slice(1), continued: true }
  throw last.length === 0
    ? noneNamed(name, others)
    : severalNamed(
        name,
        last.map(({ info }) => info),
      )
}

function noneNamed(name: string, others: readonly LogInfo[]): HoldfastError {
  const names = [...new Set(others.map(({ hostName }) => hostName))].toSorted()
  return new HoldfastError('HOST_UNKNOWN', `no log of a host “${name}” is here`, {
    next:
      names.length === 0
        ? 'Name a peer that holds what this machine wrote.'
        : `Say with --host which of these this machine was: ${names.join(', ')}.`,
  })
}

function severalNamed(name: string, infos: readonly LogInfo[]): HoldfastError {
  const choices = infos
    .toSorted((a, b) => (b.last?.ms ?? 0) - (a.last?.ms ?? 0))
    .map(({ log, events, last }) => {
      const when = last ? `, last ${new Date(last.ms).toISOString()}` : ''
      return `${log.slice(0, 12)} (${events} events${when})`
    })
  return new HoldfastError('USAGE', `several logs are of a host “${name}”, and none continues the other`, {
    next: `Say with --host LOG which one this machine wrote: ${choices.join('; ')}.`,
  })
}
