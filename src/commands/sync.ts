import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { syncExit, syncText } from '../cli/sync-text.js'
import { parseDuration } from '../daemon/units.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { SyncArgs, SyncResultRow } from '../daemon/operations/sync.js'

export default class SyncCommand extends HoldfastCommand<SyncResultRow> {
  static override summary = 'Exchange with each peer the events that the other lacks.'
  static override description =
    'Each host then holds the sessions of both: `list --host` and `replay --host` show them. Where a daemon runs, a peer ' +
    'that it is connected to is not met anew: what is on its way is waited for, and the counts are of what moved meanwhile. ' +
    'It can be interrupted at any moment and run again. Exits 4 where a file was left as it is on purpose, 5 where two ' +
    'histories of one log are found for the first time, 6 where a peer is not reached, 7 where one refuses or shows another ' +
    'key than before.'
  static override strict = false
  static override args = {
    peer: Args.string({ description: 'as `peer list` names it; all where none is named' }),
  }
  static override flags = {
    push: Flags.boolean({ description: 'only send', exclusive: ['pull'] }),
    pull: Flags.boolean({ description: 'only receive' }),
    project: Flags.string({
      multiple: true,
      helpValue: 'PROJECT',
      description: 'only this project, by name or folder; may be repeated',
    }),
    session: Flags.string({
      multiple: true,
      helpValue: 'SESSION',
      description: 'only this session; may be repeated',
    }),
    'no-write': Flags.boolean({
      default: false,
      description: 'only exchange: leave the session files of this machine as they are',
    }),
    'quiet-time': Flags.string({
      helpValue: 'DURATION',
      description: 'how long after the last append a file counts as live, such as 2s',
    }),
    'dry-run': Flags.boolean({
      char: 'n',
      default: false,
      description: 'show what would move, and move nothing',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> laptop --pull',
    '<%= config.bin %> <%= command.id %> --project shop --no-write',
    '<%= config.bin %> <%= command.id %> -n --json',
  ]

  async run(): Promise<SyncResultRow> {
    const { argv, flags } = await this.parse(SyncCommand)
    const request: SyncArgs = {
      peers: argv.map(String),
      direction: flags.push ? 'push' : flags.pull ? 'pull' : null,
      dryRun: flags['dry-run'],
      projects: flags.project ?? [],
      sessions: flags.session ?? [],
      noWrite: flags['no-write'],
      quietTimeMs: quietTime(flags['quiet-time']),
    }
    const result = await this.call<SyncResultRow>('sync', request, { mode: 'write' })
    for (const line of syncText(result)) this.print(line)
    const exit = syncExit(result)
    if (exit !== null) this.exitWith(exit)
    return result
  }
}

function quietTime(text: string | undefined): number | null {
  if (text === undefined) return null
  const ms = parseDuration(text)
  if (ms === undefined)
    throw new HoldfastError('USAGE', `--quiet-time ${text} is no duration`, {
      next: 'Give it with its unit, such as 500ms, 2s or 1m.',
    })
  return ms
}
