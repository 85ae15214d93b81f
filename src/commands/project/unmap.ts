import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import type { MapArgs, ProjectsResult } from '../../daemon/operations/projects.js'

export default class ProjectUnmapCommand extends HoldfastCommand<ProjectsResult> {
  static override summary = 'Take the folders of a project on a host back.'
  static override aliases = ['projects:unmap']
  static override args = {
    name: Args.string({ description: 'as `project list` names it', required: true }),
  }
  static override flags = {
    host: Flags.string({ helpValue: 'NAME', description: 'the host that had it; by default this one' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop',
    '<%= config.bin %> <%= command.id %> shop --host pod',
  ]

  async run(): Promise<ProjectsResult> {
    const { args, flags } = await this.parse(ProjectUnmapCommand)
    const request: Omit<MapArgs, 'path'> = { project: args.name, host: flags.host ?? null }
    const result = await this.call<ProjectsResult>('project.unmap', request, { mode: 'write' })
    const host = flags.host === undefined ? 'this host' : safeLine(flags.host)
    this.print(`${safeLine(args.name)} is no longer mapped on ${host}.`)
    return result
  }
}
