import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { safeLine } from '../cli/safe-text.js'

interface Init {
  /** What this host is called. */
  readonly host: string
  /** The log that it writes. */
  readonly log: string
  readonly roots: readonly { readonly name: string; readonly format: string }[]
}

export default class InitCommand extends HoldfastCommand<Init> {
  static override summary =
    'Set this host up: identity, keys, config, roots. Running it again changes nothing.'
  static override flags = {
    name: Flags.string({ description: 'what to call this host; by default its host name' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name laptop',
  ]

  async run(): Promise<Init> {
    const { flags } = await this.parse(InitCommand)
    const result = await this.call<Init>('init', { name: flags.name ?? null })
    this.print(`This host is ${safeLine(result.host)}, and writes the log ${safeLine(result.log)}.`)
    this.print(`Roots: ${result.roots.map(({ name }) => safeLine(name)).join(', ') || 'none'}.`)
    this.print('Next: `holdfast up`, or `holdfast daemon start`.')
    return result
  }
}
