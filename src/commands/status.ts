import { HoldfastCommand } from '../cli/base-command.js'
import { daemonRow } from '../cli/daemon-row.js'
import type { DaemonRow } from '../cli/daemon-row.js'
import { paintFor } from '../cli/paint.js'
import { statusLines } from '../cli/status-text.js'
import { daemonStatus } from '../daemon/lifecycle.js'
import type { StatusResult } from '../daemon/operations/status.js'

export interface Status extends StatusResult {
  readonly daemon: DaemonRow
}

export default class StatusCommand extends HoldfastCommand<Status> {
  static override summary = 'Show how this host stands: daemon, sessions, last event, what needs you, disk.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq .events',
  ]

  async run(): Promise<Status> {
    await this.parse(StatusCommand)
    const [daemon, result] = await Promise.all([
      daemonStatus(this.home),
      this.call<StatusResult>('status', {}, { mode: 'read' }),
    ])
    const status = { ...result, daemon: daemonRow(daemon) }
    const paint = paintFor(process.stdout.isTTY && !this.jsonEnabled())
    for (const line of statusLines(status, Date.now(), paint)) this.print(line)
    return status
  }
}
