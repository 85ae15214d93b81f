import { HoldfastCommand } from '../../cli/base-command.js'
import { daemonCommand } from '../../cli/daemon-command.js'
import { daemonRow } from '../../cli/daemon-row.js'
import type { DaemonRow } from '../../cli/daemon-row.js'
import { startDaemon, stopDaemon } from '../../daemon/lifecycle.js'

interface DaemonRestart extends DaemonRow {
  /** The one that ran before, if any did. */
  readonly stopped: number | null
}

export default class DaemonRestartCommand extends HoldfastCommand<DaemonRestart> {
  static override summary = 'Stop the background recorder, if it runs, and start it anew.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<DaemonRestart> {
    await this.parse(DaemonRestartCommand)
    const stopped = await stopDaemon(this.home)
    const { started: _, ...status } = await startDaemon(this.home, daemonCommand())
    this.print(`The daemon runs (pid ${status.pid}).`)
    return { ...daemonRow(status), stopped }
  }
}
