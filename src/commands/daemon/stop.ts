import { HoldfastCommand } from '../../cli/base-command.js'
import { stopDaemon } from '../../daemon/lifecycle.js'
import { HoldfastError } from '../../engine/core/errors.js'

interface DaemonStop {
  readonly running: false
  /** The one that was stopped. */
  readonly pid: number
}

export default class DaemonStopCommand extends HoldfastCommand<DaemonStop> {
  static override summary = 'Stop the background recorder, once all it saw is durable.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<DaemonStop> {
    await this.parse(DaemonStopCommand)
    const pid = await stopDaemon(this.home)
    if (pid === null) throw new HoldfastError('DAEMON_NOT_RUNNING', 'no daemon runs')
    this.print(`The daemon (pid ${pid}) has stopped.`)
    return { running: false, pid }
  }
}
