import { HoldfastCommand } from '../../cli/base-command.js'

interface ConfigPath {
  readonly path: string
}

export default class ConfigPathCommand extends HoldfastCommand<ConfigPath> {
  static override summary = 'Print where the config file is.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '$EDITOR "$(<%= config.bin %> <%= command.id %>)"',
  ]

  async run(): Promise<ConfigPath> {
    await this.parse(ConfigPathCommand)
    const path = this.home.configFile
    this.print(path)
    return { path }
  }
}
