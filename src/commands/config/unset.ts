import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import { settingKey, unsetSetting } from '../../daemon/config-edit.js'
import { applyConfigEdit } from '../../daemon/config-apply.js'

interface ConfigUnset {
  readonly key: string
  /** False where the file did not say anything about it. */
  readonly changed: boolean
  readonly applied: boolean
}

export default class ConfigUnsetCommand extends HoldfastCommand<ConfigUnset> {
  static override summary = 'Go back to a setting’s default.'
  static override description =
    'Also removes a key that is no setting, so that a config file with a mistake in it can be mended.'
  static override args = { key: Args.string({ description: 'such as write.quietTime', required: true }) }
  static override examples = ['<%= config.bin %> <%= command.id %> write.quietTime']

  async run(): Promise<ConfigUnset> {
    const { args } = await this.parse(ConfigUnsetCommand)
    const { key } = args
    const { home } = this
    const { changed, applied } = await applyConfigEdit(home, (text) => {
      const unset = unsetSetting(text, key, home.configFile)
      // Only a key that stands in the file may be something else than a setting.
      if (!unset.found) settingKey(key)
      return unset.text
    })
    this.print(changed ? `${safeLine(key)} is back at its default` : `${safeLine(key)} was not set`)
    return { key, changed, applied }
  }
}
