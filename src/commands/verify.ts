import * as Args from '@oclif/core/args'
import { HoldfastCommand } from '../cli/base-command.js'
import { counted, countedVerb } from '../cli/counted.js'
import { damageLines } from '../cli/damage-lines.js'
import { cutLines } from '../cli/finding-lines.js'
import { safeLine } from '../cli/safe-text.js'
import type { VerifyResult } from '../daemon/operations/verify.js'
import type { VerifyPeerResult } from '../daemon/operations/verify-peer.js'

interface Verify extends VerifyResult {
  /** How the peer's logs stand to the ones here; null where none was named. */
  readonly peer: VerifyPeerResult | null
}

export default class VerifyCommand extends HoldfastCommand<Verify> {
  static override summary =
    'Check the log, and hold every file on this machine and a peer against it. Changes nothing.'
  static override description =
    'Exits 5 where something is not as it was recorded, 4 where a peer is merely behind or ahead.'
  static override args = {
    peer: Args.string({ description: 'a peer, by name: both hold the same events?' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> workstation',
    '<%= config.bin %> <%= command.id %> --json | jq .problems',
  ]

  async run(): Promise<Verify> {
    const { args } = await this.parse(VerifyCommand)
    const local = await this.call<VerifyResult>('verify', {}, { mode: 'read' })
    this.#showLocal(local)
    const name = args.peer
    const peer = name === undefined ? null : await this.call<VerifyPeerResult>('peer.verify', { name })
    if (peer) this.#showPeer(peer)
    if (!local.ok || (peer && peer.problems.length > 0)) this.exitWith('integrity')
    else if (peer && !peer.ok) this.exitWith('held')
    return { ...local, ok: local.ok && (peer?.ok ?? true), peer }
  }

  #showLocal({ ok, events, files, grown, problems, lost }: VerifyResult): void {
    const checked = `${counted(events, 'event')} and ${counted(files, 'file')}`
    if (ok) this.print(`All is as it was recorded: ${checked}.`)
    else {
      this.print(`Checked ${checked}; ${countedVerb(problems.length, 'thing', 'is', 'are')} not as recorded:`)
      for (const line of cutLines(damageLines(problems))) this.print(`  ${line}`)
      this.print('Next: `holdfast recover`.')
    }
    const lostEvents = lost.reduce((sum, { from, to }) => sum + to - from, 0)
    if (lostEvents > 0)
      this.print(`${counted(lostEvents, 'event')} known as lost: versions that need them are gone.`)
    if (grown > 0)
      this.print(
        `${countedVerb(grown, 'file', 'has', 'have')} grown since; \`holdfast record\` records what is new.`,
      )
  }

  #showPeer({ ok, peer, events, logs, problems }: VerifyPeerResult): void {
    const name = safeLine(peer)
    if (ok) return this.print(`${name} holds the same ${counted(events, 'event')}.`)
    for (const { log, text } of problems) this.print(`  ${log.slice(0, 8)}: ${safeLine(text)}`)
    const there = logs.reduce((sum, { missingThere }) => sum + missingThere, 0)
    const here = logs.reduce((sum, { missingHere }) => sum + missingHere, 0)
    if (there + here > 0) {
      this.print(`${name} lacks ${counted(there, 'event')}, and ${counted(here, 'event')} are missing here.`)
      this.print('Next: `holdfast sync`.')
    }
  }
}
