import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { ConflictCommand } from '../../cli/conflict-command.js'
import { previewLines } from '../../cli/conflict-preview-text.js'
import { paintFor } from '../../cli/paint.js'
import { safeLine } from '../../cli/safe-text.js'
import type { ResolveArgs, ResolveResult } from '../../daemon/operations/conflict-resolve.js'

const choices = ['union', 'split', 'keep'] as const

export default class ConflictsResolveCommand extends ConflictCommand<ResolveResult> {
  static override summary = 'Decide a conflict: join the branches, split them into sessions, or keep one.'
  static override description =
    'The decision is recorded and goes to every host; `conflicts undo` takes it back. Nothing is ever dropped from the log. -n shows the result first.'
  static override aliases = ['conflict:resolve']
  static override args = {
    id: Args.string({ description: 'a conflict’s id, or a unique prefix of it', required: true }),
  }
  static override flags = {
    union: Flags.boolean({ description: 'every record of every branch stays, in one session' }),
    split: Flags.boolean({ description: 'each branch becomes a session that can be resumed' }),
    keep: Flags.string({
      helpValue: 'HOST',
      description: 'only the branch of this host stays, or that of this number',
    }),
    stay: Flags.string({
      helpValue: 'HOST',
      dependsOn: ['split'],
      description: 'with --split: whose branch keeps the session’s id; else the first',
    }),
    'dry-run': Flags.boolean({
      char: 'n',
      default: false,
      description: 'show the result, and change nothing',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3fa9c1 --union -n',
    '<%= config.bin %> <%= command.id %> 3fa9c1 --keep laptop',
  ]

  async run(): Promise<ResolveResult> {
    const { args, flags } = await this.parse(ConflictsResolveCommand)
    const said = choices.filter((name) => flags[name] !== undefined && flags[name] !== false)
    const [choice] = said
    if (choice === undefined || said.length > 1)
      this.usage('say one of --union, --split and --keep HOST', 'To see what each makes of it, add -n.')
    const host = flags.keep ?? flags.stay
    const dryRun = flags['dry-run']
    const request: ResolveArgs = { id: args.id, choice, dryRun, ...(host === undefined ? {} : { host }) }
    const result = await this.call<ResolveResult>('conflict.resolve', request, {
      mode: dryRun ? 'read' : 'write',
    })
    const { preview, conflict, sessions } = result
    if (preview)
      for (const line of previewLines(preview, this.width, paintFor(process.stdout.isTTY))) this.print(line)
    else {
      this.print(`Conflict ${conflict.id.slice(0, 8)} is ${conflict.status}: ${choice}.`)
      for (const { session, path } of sessions)
        this.print(`New session ${safeLine(session)}: ${safeLine(path)}`)
      this.print(`To take it back: holdfast conflicts undo ${conflict.id.slice(0, 8)}`)
    }
    return result
  }
}
