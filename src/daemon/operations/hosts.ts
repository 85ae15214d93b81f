import { openingOf } from '../../engine/replay/select.js'
import { ownLogId } from '../log-continuity.js'
import type { Runtime } from '../runtime.js'

export interface HostRow {
  readonly name: string
  /** The host's id: a hash of its public key. */
  readonly host: string
  readonly own: boolean
  readonly logs: readonly {
    readonly log: string
    readonly events: number
    readonly bytes: number
    readonly last: string | null
    /** Why it was opened where an older one ended; null for a host's first. */
    readonly reason: string | null
  }[]
}

/** The hosts whose logs are here, this one first. */
export async function hosts(runtime: Runtime): Promise<{ readonly hosts: readonly HostRow[] }> {
  const { reader } = runtime.store
  const own = await ownLogId(runtime)
  const rows = new Map<string, HostRow>()
  for (const info of reader.logs()) {
    const opening = await openingOf(reader, info.log)
    const row = rows.get(info.host)
    const log = {
      log: info.log,
      events: info.events,
      bytes: info.bytes,
      last: info.last ? new Date(info.last.ms).toISOString() : null,
      reason: opening?.continues.at(-1)?.reason ?? null,
    }
    const logs = [...(row?.logs ?? []), log]
    rows.set(info.host, {
      name: info.hostName,
      host: info.host,
      own: (row?.own ?? false) || info.log === own,
      logs,
    })
  }
  return {
    hosts: [...rows.values()].toSorted((a, b) => Number(b.own) - Number(a.own) || (a.name < b.name ? -1 : 1)),
  }
}
