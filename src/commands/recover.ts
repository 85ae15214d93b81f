import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { fromPeerLines, recoverLines } from '../cli/recover-text.js'
import { daemonWasKilled, resumeDaemon } from '../cli/resume-daemon.js'
import type { Resumed } from '../cli/resume-daemon.js'
import type { RecoverArgs } from '../daemon/operations/recover.js'
import type { FromPeer, RecoverFromArgs, RecoverFromResult } from '../daemon/operations/recover-from.js'
import type { RecoverResult } from '../daemon/operations/recover-result.js'

interface Recover extends RecoverResult, Resumed {
  /** In a recovery from a peer. */
  readonly from?: FromPeer
}

export default class RecoverCommand extends HoldfastCommand<Recover> {
  static override summary = 'Mend this machine after a crash: check, record, restore, resume, verify, report.'
  static override description =
    'Restores files that a crash damaged or that are missing; what they hold that the log does not is recorded first. ' +
    'A daemon that was killed is started again. Exits 5 where something could not be mended, and 4 where a file was ' +
    'left as it is because a process has it open. With --from, a machine that was set up anew gets its former log and its ' +
    'missing files back from a peer that holds them; a file that stands there already is recorded, not replaced. Killed ' +
    'half-way, it is simply run again.'
  static override flags = {
    'dry-run': Flags.boolean({
      char: 'n',
      default: false,
      description: 'say what would be done, and change nothing',
    }),
    from: Flags.string({
      helpValue: 'PEER',
      description: 'this machine lost everything: take its former log and its files back from this peer',
      exclusive: ['accept'],
    }),
    host: Flags.string({
      helpValue: 'HOST|LOG',
      description: 'what this machine was called, where it has another name now or several had this one',
      dependsOn: ['from'],
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
    '<%= config.bin %> <%= command.id %> --from workstation',
  ]

  async run(): Promise<Recover> {
    const { flags } = await this.parse(RecoverCommand)
    const dryRun = flags['dry-run']
    const resumes = !dryRun && daemonWasKilled(this.home)
    const result =
      flags.from === undefined
        ? await this.mend({ dryRun, accept: flags.accept })
        : await this.takeBack({ from: flags.from, host: flags.host ?? null, dryRun })
    const daemon = resumes ? await resumeDaemon(this.home) : { resumed: false, resumeError: null }
    if (daemon.resumed) this.print('The daemon runs again.')
    if (daemon.resumeError !== null)
      this.note(`Warning: the daemon could not be started: ${daemon.resumeError}`)
    if (result.unmended.length > 0) this.exitWith('integrity')
    else if (daemon.resumeError !== null) this.exitWith('failed')
    else if (result.held.length > 0) this.exitWith('held')
    return { ...result, ...daemon }
  }

  private async mend(request: RecoverArgs): Promise<RecoverResult> {
    const mode = request.dryRun ? 'read' : 'write'
    const result = await this.call<RecoverResult>('recover', request, { mode })
    for (const line of recoverLines(result)) this.print(line)
    return result
  }

  private async takeBack(request: RecoverFromArgs): Promise<RecoverFromResult> {
    const result = await this.call<RecoverFromResult>('recover.from', request, { mode: 'write' })
    for (const line of [...fromPeerLines(result), ...recoverLines(result)]) this.print(line)
    return result
  }
}
