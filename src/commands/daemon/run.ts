import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeBlock } from '../../cli/safe-text.js'

export default class DaemonRunCommand extends HoldfastCommand<void> {
  static override enableJsonFlag = false
  static override summary = 'Be the recorder, in the foreground: for service units and containers.'
  static override description =
    'Ends in order at SIGTERM, SIGINT or `daemon stop`, once all it saw is durable.'
  static override flags = {
    detached: Flags.boolean({ hidden: true, description: 'log to the file alone; `daemon start` uses it' }),
  }
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<void> {
    const { flags } = await this.parse(DaemonRunCommand)
    const { home } = this
    process.on('SIGTERM', () => this.interrupt.abort())
    const { runHostDaemon } = await import('../../daemon/host-daemon.js')
    await this.interruptible(() =>
      runHostDaemon({
        home,
        version: this.config.version,
        signal: this.interrupt.signal,
        echo: flags.detached ? null : (line) => this.note(safeBlock(line)),
      }),
    )
  }
}
