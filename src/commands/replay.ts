import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { resolve } from 'node:path'
import { HoldfastCommand } from '../cli/base-command.js'
import { replayText } from '../cli/replay-text.js'
import { selection, selectionFlags } from '../cli/selection-flags.js'
import { namedSession, sessionArgument } from '../cli/session-argument.js'
import type { ReplayArgs, ReplayResult } from '../daemon/operations/replay.js'
import { HoldfastError } from '../engine/core/errors.js'

export default class ReplayCommand extends HoldfastCommand<ReplayResult> {
  static override summary = 'Rebuild recorded files elsewhere, byte for byte; never in place.'
  static override description =
    'Lays out DIR/<root>/<project folder>/<file>. Exits 5 where a file could not be rebuilt whole, or, with --verify, ' +
    'is not what stands on this machine.'
  static override args = { session: Args.string(sessionArgument) }
  static override flags = {
    ...selectionFlags,
    at: Flags.string({
      helpValue: 'WHEN',
      description: 'as it was then: host@N, an ISO time, or a duration ago such as 2h',
    }),
    epoch: Flags.integer({
      min: 0,
      description: 'an earlier generation of the SESSION, as `versions` lists them',
    }),
    to: Flags.string({ helpValue: 'DIR', description: 'an empty folder, or one to create' }),
    stdout: Flags.boolean({
      default: false,
      description: 'write the bytes of the SESSION to standard output',
    }),
    verify: Flags.boolean({
      default: false,
      description: 'read back what was written, and compare with this machine’s files',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to /tmp/everything --verify',
    '<%= config.bin %> <%= command.id %> 7f3a --at 2h --stdout | less',
    '<%= config.bin %> <%= command.id %> --project shop --host laptop --to ./shop-sessions',
  ]

  async run(): Promise<ReplayResult> {
    const { args, flags } = await this.parse(ReplayCommand)
    if ((flags.to === undefined) === !flags.stdout)
      throw new HoldfastError('USAGE', 'say either --to DIR or --stdout')
    if (flags.stdout && this.jsonEnabled())
      throw new HoldfastError('USAGE', '--json and --stdout would share standard output', {
        next: 'Use --to DIR with --json.',
      })
    const cwd = process.cwd()
    const request: ReplayArgs = {
      ...selection(flags, args.session === undefined ? undefined : namedSession(args.session, cwd)),
      ...(flags.at === undefined ? {} : { at: flags.at }),
      ...(flags.epoch === undefined ? {} : { epoch: flags.epoch }),
      to: flags.to === undefined ? null : resolve(cwd, flags.to),
      verify: flags.verify,
    }
    const result = await this.call<ReplayResult>('replay', request, { mode: 'read' })
    for (const line of replayText(result, request)) {
      if (flags.stdout) this.note(line)
      else this.print(line)
    }
    if (result.mismatches.length > 0) this.exitWith('integrity')
    return result
  }
}
