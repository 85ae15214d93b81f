import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../../cli/base-command.js'
import { setSetting, settingKey } from '../../daemon/config-edit.js'
import { applyConfigEdit } from '../../daemon/config-apply.js'

interface ConfigSet {
  readonly key: string
  readonly value: string
  /** Whether a running daemon took it already. */
  readonly applied: boolean
}

export default class ConfigSetCommand extends HoldfastCommand<ConfigSet> {
  static override summary = 'Change a setting. Comments in the config file stay.'
  static override args = {
    key: Args.string({ description: 'such as write.quietTime', required: true }),
    value: Args.string({ description: 'its new value, such as 5s', required: true }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> write.quietTime 5s',
    '<%= config.bin %> <%= command.id %> disk.budget 20GB',
  ]

  async run(): Promise<ConfigSet> {
    const { args } = await this.parse(ConfigSetCommand)
    const key = settingKey(args.key)
    const { home } = this
    const { applied } = await applyConfigEdit(home, (text) =>
      setSetting(text, key, args.value, home.configFile),
    )
    this.print(`${key} is ${args.value}${applied ? '; the daemon took it' : ''}`)
    return { key, value: args.value, applied }
  }
}
