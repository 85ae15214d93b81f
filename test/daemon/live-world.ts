import { setTimeout as sleep } from 'node:timers/promises'
import type { Connect } from '../../src/daemon/peer-connection.js'
import { PeerConnections } from '../../src/daemon/peer-connections.js'
import { peerLimits } from '../../src/daemon/peer-limits.js'
import { meetOver } from '../../src/daemon/peer-session.js'
import { fingerprint } from '../../src/daemon/peer-trust.js'
import { readHostKey } from '../../src/daemon/host-key.js'
import { startRecording } from '../../src/daemon/recording-session.js'
import { openRuntime, type Runtime } from '../../src/daemon/runtime.js'
import type { RecordingSession } from '../../src/daemon/session.js'
import { SyncHost } from '../../src/daemon/sync-host.js'
import { createMemoryLinks } from '../../src/transport/links/memory-link.js'
import { runSyncSession } from '../../src/transport/sync/sync-session.js'
import type { RecordedHome } from './recorded-home.js'

/** A host that records and keeps its peers connected, as a daemon does; only the links are in memory. */
export class LiveHost {
  readonly home: RecordedHome
  readonly runtime: Runtime
  readonly session: RecordingSession
  readonly connections: PeerConnections
  /** Sessions that were opened from here. */
  dialled = 0
  /** Bytes that its sessions put on the wire, by both ends. */
  wireBytes = 0
  /** Hosts that can be reached, by the name of the peer. */
  readonly reach = new Map<string, LiveHost>()
  readonly #cuts = new Set<() => void>()

  private constructor(home: RecordedHome, runtime: Runtime, session: RecordingSession) {
    this.home = home
    this.runtime = runtime
    this.session = session
    const { clock, random } = runtime
    this.connections = new PeerConnections({
      connect: this.#connect,
      clock,
      random,
      limits: { ...peerLimits, retry: { firstMs: 10, maxMs: 50, factor: 2 } },
      ownKey: () => fingerprint(readHostKey(home.home.identityFolder)!.publicKey),
      onContact: () => undefined,
      onState: () => undefined,
    })
    runtime.connections = this.connections
  }

  static async start(home: RecordedHome): Promise<LiveHost> {
    const runtime = await openRuntime({ home: home.home, mode: 'write' })
    const session = await startRecording(runtime, { onFatal: () => undefined })
    await session.recorder.sweep()
    return new LiveHost(home, runtime, session)
  }

  /** Names these hosts as peers, and keeps them connected. */
  names(...hosts: LiveHost[]): void {
    const peers = hosts.map((host) => {
      const name = host.session.own.hostName
      this.reach.set(name, host)
      return { name, url: `exec:${name}`, direction: 'both' as const }
    })
    this.connections.apply(peers)
  }

  /** Appends to a session file and records it. */
  async say(path: string, text: string): Promise<void> {
    this.home.append(path, text)
    await this.session.recorder.sweep()
  }

  /** Number of events here of the log that a host writes. */
  eventsOf(host: LiveHost): number {
    return this.runtime.store.reader.log(host.session.own.writer.log)?.events ?? 0
  }

  /** Resolves when this host holds all that the others recorded. */
  async holds(...hosts: LiveHost[]): Promise<void> {
    while (!hosts.every((host) => this.eventsOf(host) === host.eventsOf(host))) await sleep(2)
  }

  /** Resolves when all sessions opened from here are live, or done for by the peers' own. */
  async connected(): Promise<void> {
    const isLive = (name: string): boolean => this.connections.report(name)?.state === 'live'
    while (![...this.reach.keys()].every(isLive)) await sleep(2)
  }

  /** Breaks every link that is open from here. */
  cut(): void {
    for (const cut of this.#cuts) cut()
  }

  async stop(): Promise<void> {
    await this.connections.stop()
    await this.runtime.close()
  }

  readonly #connect: Connect = async (peer, { signal, onAccepted, onProgress, onForks }) => {
    const far = this.reach.get(peer.name)!
    const { near, far: there } = createMemoryLinks(this.runtime)
    const broken = new Error('the link was cut')
    const cut = (): void => void Promise.all([near.close(broken), there.close(broken)])
    this.#cuts.add(cut)
    this.dialled += 1
    const served = serveLive(far.runtime, there).catch(() => undefined)
    const count = { bytes: 0 }
    const options = {
      ...({ send: true, receive: true, dryRun: false, mode: 'live', onAccepted, onForks } as const),
      onProgress: (each: Parameters<typeof onProgress>[0]) => {
        this.wireBytes += each.bytesSent + each.bytesReceived - count.bytes
        count.bytes = each.bytesSent + each.bytesReceived
        onProgress(each)
      },
    }
    try {
      const io = { signal, progress: () => undefined }
      const { result } = await meetOver(this.runtime, peer, () => near, options, io)
      return result.ended
    } finally {
      this.#cuts.delete(cut)
      await served
    }
  }
}

async function serveLive(runtime: Runtime, link: ReturnType<typeof createMemoryLinks>['far']): Promise<void> {
  const inbound = runtime.connections?.beginInbound()
  try {
    const host = await SyncHost.open(runtime)
    await runSyncSession({
      ...host.session(),
      link,
      role: 'responder',
      mode: 'live',
      send: true,
      receive: true,
      authorise: () => 'accept',
      onProgress: (progress) => inbound?.onProgress(progress),
    })
  } finally {
    inbound?.end()
  }
}
