import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { ConflictCommand } from '../../cli/conflict-command.js'
import { writeReport } from '../../cli/conflict-report-file.js'
import { htmlReport } from '../../cli/conflict-report-html.js'
import { markdownReport } from '../../cli/conflict-report-markdown.js'
import { reportConflict, reportMaxConflicts, type ConflictReport } from '../../cli/conflict-report.js'
import type { ConflictDetail, ConflictsResult } from '../../daemon/operations/conflicts.js'

const asText = {
  md: markdownReport,
  html: htmlReport,
  json: (report: ConflictReport) => `${JSON.stringify(report, null, 2)}\n`,
} as const

export default class ConflictsReportCommand extends ConflictCommand<ConflictReport> {
  static override summary = 'Write a report of one conflict, or of all that are open or merged.'
  static override description =
    'Of long branches the first and the last records are in it. The HTML file opens without a network and runs no script.'
  static override aliases = ['conflict:report']
  static override args = {
    id: Args.string({ description: 'a conflict’s id, or a unique prefix of it; all where none is named' }),
  }
  static override flags = {
    format: Flags.option({
      options: ['md', 'html', 'json'] as const,
      default: 'md' as const,
      description: 'Markdown, HTML or JSON',
    })(),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'where to write it; else it is printed',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> --format html -o conflicts.html',
    '<%= config.bin %> <%= command.id %> 3fa9c1',
  ]

  async run(): Promise<ConflictReport> {
    const { args, flags } = await this.parse(ConflictsReportCommand)
    const ids = args.id === undefined ? await this.everyId() : [args.id]
    const conflicts = []
    for (const id of ids.slice(0, reportMaxConflicts))
      conflicts.push(
        await reportConflict((part) =>
          this.call<ConflictDetail>('conflict.show', { id, ...part }, { mode: 'read' }),
        ),
      )
    const report: ConflictReport = { conflicts, omitted: Math.max(0, ids.length - conflicts.length) }
    if (this.jsonEnabled() && flags.output === undefined) return report
    const text = asText[flags.format](report)
    if (flags.output === undefined) process.stdout.write(text)
    else {
      writeReport(flags.output, text)
      this.print(`Wrote ${flags.output}.`)
    }
    return report
  }

  private async everyId(): Promise<string[]> {
    const { conflicts } = await this.call<ConflictsResult>('conflicts', {}, { mode: 'read' })
    return conflicts.map(({ id }) => id)
  }
}
