import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { recoverLines } from '../cli/recover-text.js'
import { daemonWasKilled, resumeDaemon } from '../cli/resume-daemon.js'
import type { Resumed } from '../cli/resume-daemon.js'
import type { RecoverArgs } from '../daemon/operations/recover.js'
import type { RecoverResult } from '../daemon/operations/recover-result.js'

interface Recover extends RecoverResult, Resumed {}

export default class RecoverCommand extends HoldfastCommand<Recover> {
  static override summary = 'Mend this machine after a crash: check, record, restore, resume, verify, report.'
  static override description =
    'Restores files that a crash damaged or that are missing; what they hold that the log does not is recorded first. ' +
    'A daemon that was killed is started again. Exits 5 where something could not be mended, and 4 where a file was ' +
    'left as it is because a process has it open. Killed half-way, it is simply run again.'
  static override flags = {
    'dry-run': Flags.boolean({
      char: 'n',
      default: false,
      description: 'say what would be done, and change nothing',
    }),
    accept: Flags.boolean({
      default: false,
      description: 'record what looks damaged as it is, instead of restoring it; earlier versions stay',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> -n',
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --accept',
  ]

  async run(): Promise<Recover> {
    const { flags } = await this.parse(RecoverCommand)
    const request: RecoverArgs = { dryRun: flags['dry-run'], accept: flags.accept }
    const resumes = !request.dryRun && daemonWasKilled(this.home)
    const result = await this.call<RecoverResult>('recover', request, {
      mode: request.dryRun ? 'read' : 'write',
    })
    for (const line of recoverLines(result)) this.print(line)
    const daemon = resumes ? await resumeDaemon(this.home) : { resumed: false, resumeError: null }
    if (daemon.resumed) this.print('The daemon runs again.')
    if (daemon.resumeError !== null)
      this.note(`Warning: the daemon could not be started: ${daemon.resumeError}`)
    if (result.unmended.length > 0) this.exitWith('integrity')
    else if (daemon.resumeError !== null) this.exitWith('failed')
    else if (result.held.length > 0) this.exitWith('held')
    return { ...result, ...daemon }
  }
}
