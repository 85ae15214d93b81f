import type { OperationIo } from '../operation.js'
import { meetPeer } from '../peer-session.js'
import { configuredPeer } from '../peers.js'
import type { Runtime } from '../runtime.js'

export interface PeerLogRow {
  readonly log: string
  readonly host: string
  /** Events held here, and the digest of all of them: the chain at the end, hex. */
  readonly events: number
  readonly digest: string
  /** Events that the peer lacks, and that this host lacks. */
  readonly missingThere: number
  readonly missingHere: number
}

export interface VerifyPeerResult {
  /** Whether both hold the very same events. */
  readonly ok: boolean
  readonly peer: string
  readonly events: number
  readonly logs: readonly PeerLogRow[]
  /**
   * fork: two histories of one log · unchecked: what the peer has can't be checked before a hole here is filled ·
   * unreadable: something here can't be read
   */
  readonly problems: readonly {
    readonly what: 'fork' | 'unchecked' | 'unreadable'
    readonly log: string
    readonly text: string
  }[]
}

/** Holds this host's logs and a peer's against each other, by ranges and chains; nothing moves. */
export async function verifyPeer(
  runtime: Runtime,
  { name }: { readonly name: string },
  io: OperationIo,
): Promise<VerifyPeerResult> {
  await runtime.session?.own.writer.flush()
  const peer = configuredPeer(runtime.home, name)
  const { result } = await meetPeer(runtime, peer, { send: true, receive: true, dryRun: true }, io)
  const { forks, detached, unreadable, plan = [] } = result
  const planned = (log: string, direction: 'send' | 'receive'): number =>
    plan.find((each) => each.log === log && each.direction === direction)?.events ?? 0
  const known = runtime.store.reader.logs()
  const logs = known.map(({ log, hostName, events, chain }) => ({
    log,
    host: hostName,
    events,
    digest: Buffer.from(chain).toString('hex'),
    missingThere: planned(log, 'send'),
    missingHere: planned(log, 'receive'),
  }))
  for (const { log, direction, events } of plan) {
    if (direction === 'receive' && !known.some((each) => each.log === log))
      logs.push({ log, host: '', events: 0, digest: '', missingThere: 0, missingHere: events })
  }
  const problems = [
    ...forks.map(({ log, explained }) => ({ what: 'fork' as const, log, text: explained })),
    ...detached.map(({ log, ranges }) => {
      const text = ranges.map(({ from, to }) => `${from}-${to}`).join(', ')
      return { what: 'unchecked' as const, log, text: `events ${text} follow a hole` }
    }),
    ...unreadable.map(({ log, explained }) => ({ what: 'unreadable' as const, log, text: explained })),
  ]
  return {
    ok: problems.length === 0 && logs.every((row) => row.missingHere === 0 && row.missingThere === 0),
    peer: result.peer.hostName,
    events: logs.reduce((sum, { events }) => sum + events, 0),
    logs,
    problems,
  }
}
