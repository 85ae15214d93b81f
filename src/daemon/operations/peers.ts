import type { OperationIo } from '../operation.js'
import { meetPeer } from '../peer-session.js'
import { configuredPeer } from '../peers.js'
import type { Runtime } from '../runtime.js'

export interface PeerTestResult {
  readonly name: string
  /** What the peer calls itself. */
  readonly host: string
  /** Fingerprint of its key. */
  readonly key: string
  /** Whether it was met for the first time, so that its key is trusted from now on. */
  readonly first: boolean
  /** How long it took from the command's start to the answer, in ms. */
  readonly ms: number
}

/** Meets a peer without exchanging anything. Throws what meeting it throws. */
export async function testPeer(
  runtime: Runtime,
  { name }: { readonly name: string },
  io: OperationIo,
): Promise<PeerTestResult> {
  const startedMs = runtime.clock.now()
  const peer = configuredPeer(runtime.home, name)
  const { result, key, first } = await meetPeer(
    runtime,
    peer,
    { send: false, receive: false, dryRun: true },
    io,
  )
  return { name, host: result.peer.hostName, key, first, ms: Math.round(runtime.clock.now() - startedMs) }
}
