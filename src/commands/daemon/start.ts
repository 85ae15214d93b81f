import { HoldfastCommand } from '../../cli/base-command.js'
import { daemonCommand } from '../../cli/daemon-command.js'
import { daemonRow } from '../../cli/daemon-row.js'
import type { DaemonRow } from '../../cli/daemon-row.js'
import { startDaemon } from '../../daemon/lifecycle.js'

interface DaemonStart extends DaemonRow {
  /** False where it ran already. */
  readonly started: boolean
}

export default class DaemonStartCommand extends HoldfastCommand<DaemonStart> {
  static override summary = 'Start the background recorder.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<DaemonStart> {
    await this.parse(DaemonStartCommand)
    const { started, ...status } = await startDaemon(this.home, daemonCommand())
    this.print(`The daemon ${started ? 'runs' : 'runs already'} (pid ${status.pid}).`)
    return { ...daemonRow(status), started }
  }
}
