import { HoldfastCommand } from '../../cli/base-command.js'
import { listRoots } from '../../daemon/root-edit.js'
import type { RootRow } from '../../daemon/root-edit.js'

interface RootList {
  readonly roots: readonly RootRow[]
}

export default class RootListCommand extends HoldfastCommand<RootList> {
  static override summary = 'List the folders that are recorded.'
  static override aliases = ['roots', 'roots:list']
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<RootList> {
    await this.parse(RootListCommand)
    const roots = listRoots(this.home)
    this.table(
      [{ head: 'name' }, { head: 'format' }, { head: 'path' }, { head: 'looked at' }, { head: 'state' }],
      roots.map((root) => [
        root.name,
        root.format,
        root.path,
        root.poll ? 'by the clock' : 'as it changes',
        root.found ? 'found' : 'not there yet',
      ]),
    )
    return { roots }
  }
}
