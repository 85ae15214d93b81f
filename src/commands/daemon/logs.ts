import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeBlock } from '../../cli/safe-text.js'
import { followLines, lastLines } from '../../daemon/log-follow.js'
import { readableLogLine } from '../../daemon/log-lines.js'

export default class DaemonLogsCommand extends HoldfastCommand<void> {
  static override enableJsonFlag = false
  static override summary = 'Show what the background recorder logged.'
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on with what it logs from now on' }),
    lines: Flags.integer({
      char: 'n',
      default: 50,
      min: 0,
      max: 100_000,
      description: 'how many lines to begin with',
    }),
    raw: Flags.boolean({ description: 'the lines as they are in the file: one JSON document each' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> -n 200',
    '<%= config.bin %> <%= command.id %> -f',
    '<%= config.bin %> <%= command.id %> --raw | jq .msg',
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(DaemonLogsCommand)
    const show = (line: string): void => this.print(flags.raw ? line : safeBlock(readableLogLine(line)))
    if (!flags.follow) lastLines(this.home.logFile, flags.lines).forEach(show)
    else
      for await (const line of followLines(this.home.logFile, flags.lines, this.interrupt.signal)) show(line)
  }
}
