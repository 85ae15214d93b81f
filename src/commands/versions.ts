import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { counted } from '../cli/counted.js'
import { formatSize, formatTime } from '../cli/format.js'
import { fileName } from '../cli/damage-lines.js'
import { namedSession, sessionArgument } from '../cli/session-argument.js'
import type { VersionsArgs, VersionsResult } from '../daemon/operations/versions.js'

export default class VersionsCommand extends HoldfastCommand<VersionsResult> {
  static override summary = 'List the moments that a session can go back to, newest first.'
  static override description = 'Each is a WHEN for `replay --at`. Every recorded change is one.'
  static override args = { session: Args.string({ ...sessionArgument, required: true }) }
  static override flags = {
    host: Flags.string({ helpValue: 'NAME', description: 'as this host has it; by default this one' }),
    limit: Flags.integer({ default: 50, min: 1, helpValue: 'N', description: 'at most so many' }),
    all: Flags.boolean({ default: false, description: 'all of them' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7f3a',
    '<%= config.bin %> <%= command.id %> 7f3a --all --json',
  ]

  async run(): Promise<VersionsResult> {
    const { args, flags } = await this.parse(VersionsCommand)
    const request: VersionsArgs = {
      session: namedSession(args.session, process.cwd()),
      ...(flags.host === undefined ? {} : { host: flags.host }),
      limit: flags.all ? null : flags.limit,
    }
    const result = await this.call<VersionsResult>('versions', request, { mode: 'read' })
    const { total, epochs, versions } = result
    const terminal = process.stdout.isTTY
    if (terminal) this.print(fileName(result.root, result.path))
    this.table(
      [
        { head: 'at' },
        { head: 'time' },
        { head: 'epoch', align: 'right' },
        { head: 'change' },
        { head: 'size', align: 'right' },
      ],
      versions.map(({ at, time, epoch, kind, size }) =>
        terminal
          ? [at, formatTime(Date.parse(time)), epoch, kind, formatSize(size)]
          : [at, time, epoch, kind, size],
      ),
    )
    if (terminal && versions.length < total)
      this.print(`${counted(total, 'version')} in ${counted(epochs, 'generation')}; --all shows them all`)
    return result
  }
}
