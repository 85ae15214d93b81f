import type { HostDaemonOptions } from '../daemon/host-daemon.js'
import type { StatusResult } from '../daemon/operations/status.js'
import type { Change } from './change-group.js'

/** How far the first look at everything is. */
export type Importing = Parameters<NonNullable<HostDaemonOptions['onProgress']>>[0]

/** The daemon that is shown. */
export interface LiveDaemon {
  readonly pid: number
  /** Whether it is this very process. */
  readonly own: boolean
}

/** Where `up` shows what happens. */
export interface LiveView {
  /** How often `tick` and `changed` are called at most, in ms. */
  readonly everyMs: number
  /** Whether the first look at everything goes on. */
  readonly importing: boolean
  begin(daemon: LiveDaemon): void
  progress(done: Importing): void
  caughtUp(): void
  show(status: StatusResult): void
  /** What became durable since the last call, each file once; `skipped` more changes came too fast to be told. */
  changed(changes: readonly Change[], skipped: number): void
  notice(text: string): void
  tick(): void
  end(): void
}
