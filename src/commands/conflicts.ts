import * as Args from '@oclif/core/args'
import { ConflictCommand, type ConflictAnswer } from '../cli/conflict-command.js'

export default class ConflictsCommand extends ConflictCommand<ConflictAnswer> {
  static override summary = 'List the conflicts between hosts, or show one of them.'
  static override description =
    'A conflict is a session that two machines continued apart. Without ID as `conflicts list`, with one as `conflicts show`.'
  static override aliases = ['conflict']
  static override args = { id: Args.string({ description: 'a conflict’s id, or a unique prefix of it' }) }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 3fa9c1',
    '<%= config.bin %> <%= command.id %> --json | jq -r .conflicts[].id',
  ]

  async run(): Promise<ConflictAnswer> {
    const { args } = await this.parse(ConflictsCommand)
    return args.id === undefined ? this.listConflicts(undefined) : this.showConflict({ id: args.id })
  }
}
