import { HoldfastCommand } from '../cli/base-command.js'
import { recordText } from '../cli/record-text.js'
import type { RecordResult } from '../daemon/operations/record.js'

export default class RecordCommand extends HoldfastCommand<RecordResult> {
  static override summary = 'Record all that is new, once, and exit.'
  static override description =
    'Exits 4 where files are kept out of history because a crash may have damaged them, and 5 where the log itself is ' +
    'damaged: `recover` mends both. A file that can’t be read is a warning; the rest is recorded.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<RecordResult> {
    await this.parse(RecordCommand)
    const result = await this.call<RecordResult>('record', {}, { mode: 'write' })
    const { report, warnings } = recordText(result)
    for (const line of warnings) this.warning(line)
    for (const line of report) this.print(line)
    if (result.damage > 0) this.exitWith('integrity')
    else if (result.suspects.length > 0) this.exitWith('held')
    return result
  }

  private warning(line: string): void {
    if (!this.jsonEnabled()) this.note(line)
  }
}
