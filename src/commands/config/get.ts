import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import { settingKey, writtenSetting } from '../../daemon/config-edit.js'
import { parseConfig, readConfigText } from '../../daemon/config.js'
import { settingDefaults } from '../../daemon/config-schema.js'
import type { SettingKey } from '../../daemon/config-schema.js'

interface Setting {
  readonly key: SettingKey
  /** As written in the file, else the default; null where neither says anything. */
  readonly value: string | null
  readonly default: boolean
}

interface ConfigGet {
  readonly settings: readonly Setting[]
}

export default class ConfigGetCommand extends HoldfastCommand<ConfigGet> {
  static override summary = 'Show one setting, or all of them.'
  static override args = {
    key: Args.string({ description: 'such as write.quietTime; all settings without it' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> write.quietTime',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<ConfigGet> {
    const { args } = await this.parse(ConfigGetCommand)
    const keys =
      args.key === undefined ? (Object.keys(settingDefaults) as SettingKey[]) : [settingKey(args.key)]
    const file = this.home.configFile
    const text = readConfigText(file)
    parseConfig(text, file)
    const settings = keys.map((key) => {
      const written = writtenSetting(text, key, file)
      return { key, value: written ?? settingDefaults[key], default: written === undefined }
    })
    if (args.key === undefined)
      this.table(
        [{ head: 'key' }, { head: 'value' }, { head: 'from' }],
        settings.map((setting) => [setting.key, setting.value, setting.default ? 'default' : 'config']),
      )
    else this.print(safeLine(settings[0]?.value ?? ''))
    return { settings }
  }
}
