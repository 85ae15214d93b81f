import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import type { PeerTestResult } from '../../daemon/operations/peers.js'
import { addPeer, listPeers, type PeerRow } from '../../daemon/peers.js'
import { HoldfastError } from '../../engine/core/errors.js'

interface PeerAdded {
  readonly name: string
  /** Whether it answered: then its key is trusted from now on. */
  readonly reached: boolean
  readonly peers: readonly PeerRow[]
}

export default class PeerAddCommand extends HoldfastCommand<PeerAdded> {
  static override summary = 'Add a host to exchange events with, and meet it.'
  static override description =
    'The key that it shows at the first meeting is trusted from then on; another one later is refused. Adding a peer again ' +
    'replaces it and takes its key anew.'
  static override aliases = ['peers:add']
  static override args = {
    name: Args.string({ description: 'what to call it', required: true }),
    url: Args.string({
      description:
        "'exec:COMMAND' in one argument: run by `sh -c`, it speaks the protocol on its standard input and output",
      required: true,
    }),
  }
  static override flags = {
    'push-only': Flags.boolean({ description: 'take nothing from it', exclusive: ['pull-only'] }),
    'pull-only': Flags.boolean({ description: 'give nothing to it' }),
  }
  static override examples = [
    "<%= config.bin %> <%= command.id %> laptop 'exec:ssh laptop holdfast serve --stdio'",
    "<%= config.bin %> <%= command.id %> pod 'exec:kubectl exec -i -n agents deploy/worker -- holdfast serve --stdio' --pull-only",
  ]

  async run(): Promise<PeerAdded> {
    const { args, flags } = await this.parse(PeerAddCommand)
    const direction = flags['push-only'] ? 'push' : flags['pull-only'] ? 'pull' : 'both'
    await addPeer(this.home, { name: args.name, url: args.url, direction })
    const reached = await this.meet(args.name)
    return { name: args.name, reached, peers: listPeers(this.home) }
  }

  /** A peer that is down just now is added all the same. */
  private async meet(name: string): Promise<boolean> {
    try {
      const { host, key } = await this.call<PeerTestResult>('peer.test', { name })
      this.print(`${name}: reached ${safeLine(host)}, whose key is ${key}`)
      this.print('That key is trusted from now on. Next: `holdfast sync`.')
      return true
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'PEER_UNREACHABLE') throw error
      this.note(`${name} is added but was not reached: ${error.message}`)
      this.note('Its key is taken at the first meeting. Next: `holdfast peer test`.')
      return false
    }
  }
}
