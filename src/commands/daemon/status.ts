import { HoldfastCommand } from '../../cli/base-command.js'
import { daemonRow } from '../../cli/daemon-row.js'
import type { DaemonRow } from '../../cli/daemon-row.js'
import { formatAgo } from '../../cli/format.js'
import { safeLine } from '../../cli/safe-text.js'
import { daemonStatus } from '../../daemon/lifecycle.js'

export default class DaemonStatusCommand extends HoldfastCommand<DaemonRow> {
  static override summary = 'Say whether the background recorder runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<DaemonRow> {
    await this.parse(DaemonStatusCommand)
    const status = await daemonStatus(this.home)
    if (status.pid === null) this.print('No daemon runs. `holdfast daemon start` starts one.')
    else {
      const since = status.sinceMs === null ? '' : `, started ${formatAgo(status.sinceMs, Date.now())}`
      const answers = status.answers ? '' : '; it does not answer: see `holdfast daemon logs`'
      this.print(
        `The daemon runs: pid ${status.pid}, version ${safeLine(status.version ?? '?')}${since}${answers}.`,
      )
    }
    return daemonRow(status)
  }
}
