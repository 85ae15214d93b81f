import { HoldfastCommand } from '../../cli/base-command.js'
import { projectColumns, projectRows } from '../../cli/project-rows.js'
import type { ProjectsResult } from '../../daemon/operations/projects.js'

export default class ProjectListCommand extends HoldfastCommand<ProjectsResult> {
  static override summary = 'List projects over all hosts, and how they are mapped.'
  static override aliases = ['project', 'projects', 'projects:list']
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<ProjectsResult> {
    await this.parse(ProjectListCommand)
    const result = await this.call<ProjectsResult>('projects', {}, { mode: 'read' })
    this.table(projectColumns, projectRows(result.projects))
    if (result.projects.length === 0 && process.stdout.isTTY) this.print('No project is recorded yet.')
    return result
  }
}
