import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../../cli/base-command.js'
import { removeRoot } from '../../daemon/root-edit.js'
import type { RootEdit } from '../../daemon/root-edit.js'

export default class RootRemoveCommand extends HoldfastCommand<RootEdit> {
  static override summary = 'Stop recording a folder. What is recorded of it stays.'
  static override aliases = ['roots:remove']
  static override args = { name: Args.string({ description: 'as `root list` names it', required: true }) }
  static override examples = ['<%= config.bin %> <%= command.id %> gemini']

  async run(): Promise<RootEdit> {
    const { args } = await this.parse(RootRemoveCommand)
    const edit = await removeRoot(this.home, args.name)
    this.print(`${edit.name} is no longer recorded; what was recorded stays`)
    return edit
  }
}
