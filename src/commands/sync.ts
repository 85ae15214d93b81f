import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { syncExit, syncText } from '../cli/sync-text.js'
import type { SyncArgs, SyncResultRow } from '../daemon/operations/sync.js'

export default class SyncCommand extends HoldfastCommand<SyncResultRow> {
  static override summary = 'Exchange with each peer the events that the other lacks.'
  static override description =
    'Each host then holds the sessions of both: `list --host` and `replay --host` show them. Files of this machine are not ' +
    'changed. It can be interrupted at any moment and run again. Exits 5 where two histories of one log are found for the first time, 6 ' +
    'where a peer is not reached, 7 where one refuses or shows another key than before.'
  static override strict = false
  static override args = {
    peer: Args.string({ description: 'as `peer list` names it; all where none is named' }),
  }
  static override flags = {
    push: Flags.boolean({ description: 'only send', exclusive: ['pull'] }),
    pull: Flags.boolean({ description: 'only receive' }),
    'dry-run': Flags.boolean({
      char: 'n',
      default: false,
      description: 'show what would move, and move nothing',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> laptop --pull',
    '<%= config.bin %> <%= command.id %> -n --json',
  ]

  async run(): Promise<SyncResultRow> {
    const { argv, flags } = await this.parse(SyncCommand)
    const request: SyncArgs = {
      peers: argv.map(String),
      direction: flags.push ? 'push' : flags.pull ? 'pull' : null,
      dryRun: flags['dry-run'],
    }
    const result = await this.call<SyncResultRow>('sync', request, { mode: 'write' })
    for (const line of syncText(result)) this.print(line)
    const exit = syncExit(result)
    if (exit !== null) this.exitWith(exit)
    return result
  }
}
