import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { ConflictCommand, type ShownConflict } from '../../cli/conflict-command.js'

export default class ConflictsShowCommand extends ConflictCommand<ShownConflict> {
  static override summary = 'Show the branches of a conflict side by side.'
  static override description =
    'Only what each branch has for itself, after the last records that all share. In a pipe: branch, host, role, time, id and text, divided by tabs.'
  static override aliases = ['conflict:show']
  static override args = {
    id: Args.string({ description: 'a conflict’s id, or a unique prefix of it', required: true }),
  }
  static override flags = {
    from: Flags.integer({
      helpValue: 'N',
      description: 'begin with record N of each branch; -N: with its last N',
    }),
    limit: Flags.integer({
      default: 50,
      min: 1,
      max: 500,
      helpValue: 'N',
      description: 'at most so many of each',
    }),
    branch: Flags.integer({ min: 1, helpValue: 'N', description: 'only records of branch N' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3fa9c1',
    '<%= config.bin %> <%= command.id %> 3fa9c1 --from -20',
  ]

  async run(): Promise<ShownConflict> {
    const { args, flags } = await this.parse(ConflictsShowCommand)
    const { from, limit, branch } = flags
    return this.showConflict({
      id: args.id,
      limit,
      ...(from === undefined ? {} : { from }),
      ...(branch === undefined ? {} : { branch: branch - 1 }),
    })
  }
}
