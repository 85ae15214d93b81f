import * as Args from '@oclif/core/args'
import { ConflictCommand } from '../../cli/conflict-command.js'
import type { ConflictRow } from '../../daemon/operations/conflicts.js'

interface Undone {
  readonly conflict: ConflictRow
}

export default class ConflictsUndoCommand extends ConflictCommand<Undone> {
  static override summary = 'Take back what resolved a conflict.'
  static override description =
    'Its branches are as they were. Sessions that a split made stay. The decision to take it back goes to every host.'
  static override aliases = ['conflict:undo']
  static override args = {
    id: Args.string({ description: 'a conflict’s id, or a unique prefix of it', required: true }),
  }
  static override examples = ['<%= config.bin %> <%= command.id %> 3fa9c1']

  async run(): Promise<Undone> {
    const { args } = await this.parse(ConflictsUndoCommand)
    const result = await this.call<Undone>('conflict.undo', { id: args.id }, { mode: 'write' })
    const { id, status } = result.conflict
    this.print(`Conflict ${id.slice(0, 8)} is ${status} again.`)
    return result
  }
}
