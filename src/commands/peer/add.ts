import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../../cli/base-command.js'
import { safeLine } from '../../cli/safe-text.js'
import type { PeerTestResult } from '../../daemon/operations/peers.js'
import { addPeer, listPeers, type PeerRow } from '../../daemon/peers.js'
import { parsePeerUrl } from '../../daemon/peer-url.js'
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
    'replaces it and takes its key anew.\n\n' +
    'ssh://HOST takes what `ssh HOST` takes: aliases, users, ports, keys, agents, known hosts and jumps of ~/.ssh/config. ' +
    'It gets in without a password or not at all, and a host key is never accepted because it is new. Where the built-in ' +
    'client can’t do what the config asks for (ProxyCommand, certificates, hardware keys), the system’s `ssh` is used; ' +
    'ssh+exec://HOST always uses it.'
  static override aliases = ['peers:add']
  static override args = {
    name: Args.string({ description: 'what to call it', required: true }),
    url: Args.string({
      description:
        "ssh://[USER@]HOST[:PORT], ssh+exec://… by the system's ssh, kube://[CONTEXT@]NAMESPACE/KIND/NAME[?container=C&selector=S], " +
        "docker://CONTAINER, or 'exec:COMMAND' in one argument: run by `sh -c`, " +
        'it speaks the protocol on its standard input and output',
      required: true,
    }),
  }
  static override flags = {
    'push-only': Flags.boolean({ description: 'take nothing from it', exclusive: ['pull-only'] }),
    'pull-only': Flags.boolean({ description: 'give nothing to it' }),
    project: Flags.string({
      description: 'exchange only this project; can be given several times',
      multiple: true,
      helpValue: 'P',
    }),
    'holdfast-path': Flags.string({
      description: 'how Holdfast is run over there, where it is not in a usual place',
      helpValue: 'CMD',
    }),
    'accept-host-key': Flags.string({
      description: 'know the SSH host by this key from now on; can be given several times, for jumps',
      multiple: true,
      helpValue: 'SHA256:…',
    }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> laptop ssh://laptop',
    '<%= config.bin %> <%= command.id %> box ssh://me@box.example.org:2222 --project api --project web',
    "<%= config.bin %> <%= command.id %> box ssh://box --holdfast-path '/opt/node/bin/node /opt/holdfast/bin/run.js'",
    '<%= config.bin %> <%= command.id %> box ssh://box --accept-host-key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    '<%= config.bin %> <%= command.id %> pod kube://agents/deploy/worker --pull-only',
    '<%= config.bin %> <%= command.id %> old \'exec:su other -c "holdfast serve --stdio"\'',
  ]

  async run(): Promise<PeerAdded> {
    const { args, flags } = await this.parse(PeerAddCommand)
    const { name, url } = args
    const { project, 'holdfast-path': holdfastPath, 'accept-host-key': fingerprints = [] } = flags
    const direction = flags['push-only'] ? 'push' : flags['pull-only'] ? 'pull' : 'both'
    if (holdfastPath !== undefined && parsePeerUrl(url).kind === 'exec')
      throw new HoldfastError('USAGE', 'the command of an exec: address says itself how Holdfast is run')
    if (fingerprints.length > 0) await this.accept(name, url, fingerprints)
    await addPeer(this.home, {
      name,
      url,
      direction,
      ...(project === undefined ? {} : { projects: project }),
      ...(holdfastPath === undefined ? {} : { holdfastPath }),
    })
    const reached = await this.meet(name)
    return { name, reached, peers: listPeers(this.home) }
  }

  private async accept(name: string, url: string, fingerprints: readonly string[]): Promise<void> {
    const { acceptHostKeys } = await import('../../daemon/ssh-accept.js')
    const accepted = await this.interruptible(() =>
      acceptHostKeys(this.home, { name, url }, fingerprints, this.interrupt.signal),
    )
    for (const { host, fingerprint } of accepted) this.print(`${host} is known by ${fingerprint} from now on`)
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
