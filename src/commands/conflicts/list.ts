import * as Flags from '@oclif/core/flags'
import { ConflictCommand } from '../../cli/conflict-command.js'
import type { ConflictsResult } from '../../daemon/operations/conflicts.js'

export default class ConflictsListCommand extends ConflictCommand<ConflictsResult> {
  static override summary = 'List the conflicts that are open, and those that an append has merged.'
  static override description =
    'In a pipe: id, status, kind, session, project, branches as host:records, ISO time, root and file, divided by tabs.'
  static override aliases = ['conflict:list']
  static override flags = {
    status: Flags.option({
      options: ['open', 'merged', 'resolved'] as const,
      description: 'only those of this status',
      exclusive: ['all'],
    })(),
    all: Flags.boolean({ default: false, description: 'also those that are resolved' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --status open --json',
  ]

  async run(): Promise<ConflictsResult> {
    const { flags } = await this.parse(ConflictsListCommand)
    return this.listConflicts(flags.all ? 'all' : flags.status)
  }
}
