import { HoldfastCommand } from '../cli/base-command.js'
import { counted, countedVerb } from '../cli/counted.js'
import { damageLines } from '../cli/damage-lines.js'
import { cutLines } from '../cli/finding-lines.js'
import type { VerifyResult } from '../daemon/operations/verify.js'

export default class VerifyCommand extends HoldfastCommand<VerifyResult> {
  static override summary = 'Check the log, and hold every file on this machine against it. Changes nothing.'
  static override description = 'Exits 5 where something is not as it was recorded.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq .problems',
  ]

  async run(): Promise<VerifyResult> {
    await this.parse(VerifyCommand)
    const result = await this.call<VerifyResult>('verify', {}, { mode: 'read' })
    const { ok, events, files, grown, problems, lost } = result
    const checked = `${counted(events, 'event')} and ${counted(files, 'file')}`
    if (ok) this.print(`All is as it was recorded: ${checked}.`)
    else {
      this.print(`Checked ${checked}; ${countedVerb(problems.length, 'thing', 'is', 'are')} not as recorded:`)
      for (const line of cutLines(damageLines(problems))) this.print(`  ${line}`)
      this.print('Next: `holdfast recover`.')
      this.exitWith('integrity')
    }
    const lostEvents = lost.reduce((sum, { from, to }) => sum + to - from, 0)
    if (lostEvents > 0)
      this.print(`${counted(lostEvents, 'event')} known as lost: versions that need them are gone.`)
    if (grown > 0)
      this.print(
        `${countedVerb(grown, 'file', 'has', 'have')} grown since; \`holdfast record\` records what is new.`,
      )
    return result
  }
}
