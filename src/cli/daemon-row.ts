import type { DaemonStatus } from '../daemon/lifecycle.js'

/** The daemon as commands show it. */
export interface DaemonRow {
  readonly running: boolean
  readonly pid: number | null
  /** ISO time of its start. */
  readonly since: string | null
  readonly version: string | null
  /** False where it runs but does not answer. */
  readonly answers: boolean
}

export function daemonRow({ running, pid, sinceMs, version, answers }: DaemonStatus): DaemonRow {
  return { running, pid, since: sinceMs === null ? null : new Date(sinceMs).toISOString(), version, answers }
}
