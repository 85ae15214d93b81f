import { HoldfastCommand } from '../../cli/base-command.js'
import { formatTime } from '../../cli/format.js'
import { knownPeers } from '../../daemon/known-peers.js'
import { listPeers, type PeerRow } from '../../daemon/peers.js'

interface PeerList {
  readonly peers: readonly PeerRow[]
  /** Hosts that connected to this one, the latest first. */
  readonly connected: readonly { readonly name: string; readonly key: string; readonly last: string }[]
}

const directions = { both: 'both ways', push: 'push only', pull: 'pull only' } as const

export default class PeerListCommand extends HoldfastCommand<PeerList> {
  static override summary = 'List the hosts that events are exchanged with.'
  static override aliases = ['peer', 'peers', 'peers:list']
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq -r .peers[].name',
  ]

  async run(): Promise<PeerList> {
    await this.parse(PeerListCommand)
    const peers = listPeers(this.home)
    this.table(
      [{ head: 'peer' }, { head: 'direction' }, { head: 'key' }, { head: 'address' }],
      peers.map(({ name, direction, key, url }) => [name, directions[direction], key ?? 'not met yet', url]),
    )
    const connected = knownPeers(this.home.identityFolder).map(({ name, key, lastMs }) => ({
      name,
      key,
      lastMs,
    }))
    if (process.stdout.isTTY && connected.length > 0) {
      if (peers.length > 0) this.print()
      this.table(
        [{ head: 'connected to this host' }, { head: 'last' }, { head: 'key' }],
        connected.map(({ name, key, lastMs }) => [name, formatTime(lastMs), key]),
      )
    }
    return {
      peers,
      connected: connected.map(({ lastMs, ...peer }) => ({ ...peer, last: new Date(lastMs).toISOString() })),
    }
  }
}
