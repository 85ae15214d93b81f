import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { namedFolder } from '../../cli/folder-argument.js'
import { safeLine } from '../../cli/safe-text.js'
import type { MapArgs, ProjectsResult } from '../../daemon/operations/projects.js'

export default class ProjectMapCommand extends HoldfastCommand<ProjectsResult> {
  static override summary = 'Say in which folder a host has a project, so that hosts agree on its sessions.'
  static override description =
    'Needed only where a project’s path below the home differs from host to host. It reaches what is recorded already.'
  static override aliases = ['projects:map']
  static override args = {
    name: Args.string({ description: 'what to call the project on all hosts', required: true }),
    path: Args.string({ description: 'its folder; below the home it is kept as ~/…', required: true }),
  }
  static override flags = {
    host: Flags.string({ helpValue: 'NAME', description: 'the host that has it there; by default this one' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop ~/code/shop',
    '<%= config.bin %> <%= command.id %> shop /srv/shop --host pod',
  ]

  async run(): Promise<ProjectsResult> {
    const { args, flags } = await this.parse(ProjectMapCommand)
    const path = namedFolder(args.path, process.cwd(), this.home.agents.home)
    const request: MapArgs = { project: args.name, path, host: flags.host ?? null }
    const result = await this.call<ProjectsResult>('project.map', request, { mode: 'write' })
    const host = flags.host === undefined ? 'this host' : safeLine(flags.host)
    this.print(`${safeLine(args.name)} is ${safeLine(path)} on ${host}.`)
    return result
  }
}
