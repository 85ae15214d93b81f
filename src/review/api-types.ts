import type { DaemonRow } from '../cli/daemon-row.js'
import type { HostRow } from '../daemon/operations/hosts.js'
import type { StatusResult } from '../daemon/operations/status.js'

/** What the overview shows. */
export interface OverviewAnswer {
  readonly daemon: DaemonRow
  readonly status: StatusResult
  readonly hosts: readonly HostRow[]
  /** The server's clock, in ms since 1970: ages are counted by it. */
  readonly nowMs: number
}

export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly next: string }
}
