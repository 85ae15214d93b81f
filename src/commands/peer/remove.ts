import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { confirm } from '../../cli/confirm.js'
import { configuredPeer, listPeers, removePeer, type PeerRow } from '../../daemon/peers.js'

interface PeerRemoved {
  readonly name: string
  readonly peers: readonly PeerRow[]
}

export default class PeerRemoveCommand extends HoldfastCommand<PeerRemoved> {
  static override summary = 'Exchange no more events with a host. What it sent stays.'
  static override aliases = ['peers:remove']
  static override args = { name: Args.string({ description: 'as `peer list` names it', required: true }) }
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask' }) }
  static override examples = ['<%= config.bin %> <%= command.id %> laptop --yes']

  async run(): Promise<PeerRemoved> {
    const { args, flags } = await this.parse(PeerRemoveCommand)
    const { name } = configuredPeer(this.home, args.name)
    if (!flags.yes) await confirm(`Remove peer ${name}?`, this.interrupt.signal)
    await removePeer(this.home, name)
    this.print(`${name} is no longer a peer; what it sent stays`)
    return { name, peers: listPeers(this.home) }
  }
}
