import type { LogId } from '../../../src/engine/core/event.js'
import type { Conflict } from '../../../src/engine/core/merge/types.js'
import { holds } from '../failure.js'

/** A conflict as one host tells of it. */
export interface ReportedConflict {
  readonly stream: string
  /** What it is called over all streams. */
  readonly name: string
  /** Logs that hold files of the stream. */
  readonly logs: ReadonlySet<LogId>
  readonly conflict: Conflict
}

/** All that a host tells of conflicts. */
export interface HostConflicts {
  readonly name: string
  readonly reported: readonly ReportedConflict[]
}

/**
 * `decided`: hosts with equal events tell of the same conflicts in every stream, under the same names, with the same
 * status and the same decisions, whichever host made or took back those and in whatever order they came. Held against
 * what each running host's own indexes say, which grew with what arrived. Streams of logs that parted are left out.
 * @returns how many decisions all agree on
 */
export function checkSameConflicts(hosts: readonly HostConflicts[], parted: ReadonlySet<LogId>): number {
  const [first, ...others] = hosts.map(({ name, reported }) => ({ name, told: toldBy(reported, parted) }))
  if (!first) return 0
  for (const { name, told } of others) {
    for (const conflict of new Set([...first.told.keys(), ...told.keys()])) {
      const a = first.told.get(conflict) ?? 'nothing'
      const b = told.get(conflict) ?? 'nothing'
      holds(a === b, 'decided', () => `${conflict}: ${first.name} tells of ${a}, ${name} of ${b}`)
    }
  }
  const kept = hosts[0]?.reported.filter(({ logs }) => !parts(logs, parted)) ?? []
  return kept.reduce((sum, { conflict }) => sum + conflict.resolutions.length, 0)
}

function toldBy(reported: readonly ReportedConflict[], parted: ReadonlySet<LogId>): Map<string, string> {
  const told = new Map<string, string>()
  for (const { stream, name, logs, conflict } of reported) {
    if (!parts(logs, parted)) told.set(`${name} of ${stream}`, textOf(conflict))
  }
  return told
}

function parts(logs: ReadonlySet<LogId>, parted: ReadonlySet<LogId>): boolean {
  return [...logs].some((log) => parted.has(log))
}

function textOf({ kind, status, branches, clashes, resolutions }: Conflict): string {
  const ends = branches.map(({ head: { log, offset }, records, hosts }) => [log, offset, records, hosts])
  const decisions = resolutions.map(({ ref, host, choice, undone }) => [
    ref.log,
    ref.offset,
    host,
    choice,
    undone,
  ])
  return `${kind} ${status} ${JSON.stringify({ branches: ends, clashes, decisions })}`
}
