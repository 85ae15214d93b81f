import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import type { PeerTestResult } from '../../daemon/operations/peers.js'

interface PeersTested {
  readonly peers: readonly PeerTestResult[]
}

export default class PeerTestCommand extends HoldfastCommand<PeersTested> {
  static override summary = 'Meet a peer and exchange nothing: says who answers, and with what key.'
  static override description =
    'Exits 6 where it is not reached, and 7 where it shows another key than before.'
  static override aliases = ['peers:test']
  static override args = { name: Args.string({ description: 'as `peer list` names it', required: true }) }
  static override examples = ['<%= config.bin %> <%= command.id %> laptop']

  async run(): Promise<PeersTested> {
    const { args } = await this.parse(PeerTestCommand)
    const result = await this.call<PeerTestResult>('peer.test', { name: args.name })
    const { name, host, key, first, ms } = result
    this.print(`${name}: ${safeLine(host)} answers after ${ms} ms`)
    this.print(first ? `its key is ${key}; it is trusted from now on` : `its key is ${key}, as before`)
    return { peers: [result] }
  }
}
