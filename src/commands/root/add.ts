import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import { addRoot } from '../../daemon/root-edit.js'
import type { RootEdit } from '../../daemon/root-edit.js'

export default class RootAddCommand extends HoldfastCommand<RootEdit> {
  static override summary = 'Record a further folder.'
  static override description =
    'Formats: claude, codex, gemini, messages (independent JSON lines), lines (any lines), file (small whole files). ' +
    'The name of a known root records it again after `root remove`.'
  static override aliases = ['roots:add']
  static override args = {
    root: Args.string({ description: 'FORMAT=PATH; PATH may be a glob', required: true }),
  }
  static override flags = {
    name: Flags.string({ description: 'what to call it; by default like its format' }),
    poll: Flags.boolean({ description: 'look at it by the clock: for network mounts and volumes' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> messages=~/broker/current_session.jsonl --name broker',
    "<%= config.bin %> <%= command.id %> 'lines=/srv/agents/*/log/*.jsonl'",
    '<%= config.bin %> <%= command.id %> claude=/mnt/work/.claude/projects --name work --poll',
  ]

  async run(): Promise<RootEdit> {
    const { args, flags } = await this.parse(RootAddCommand)
    const request = { what: args.root, name: flags.name, poll: flags.poll }
    const edit = await addRoot(this.home, request, process.cwd())
    const added = edit.roots.find((root) => root.name === edit.name)
    if (added !== undefined) {
      const missing = added.found ? '' : ' (not there yet)'
      this.print(`${added.name}: ${added.format} at ${safeLine(added.path)}${missing}`)
    }
    return edit
  }
}
