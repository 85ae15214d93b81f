import { addFence, addFork } from '../../../src/daemon/sync-fence.js'
import { syncMemory } from '../../../src/daemon/sync-memory.js'
import type { LogId } from '../../../src/engine/core/event.js'
import type { PeerIdentity, Replica } from '../../../src/engine/ports/replica.js'
import type { SyncMemory } from '../../../src/engine/ports/sync-memory.js'
import type { LevelStore } from '../../../src/store/level-store.js'
import type { SyncFork, SyncOptions } from '../../../src/transport/sync/sync-types.js'
import type { Identity, OwnLog } from '../own-log.js'
import type { Notes } from '../trace.js'

export interface DoorTools {
  readonly store: LevelStore
  readonly identity: PeerIdentity
  readonly hostName: string
  /** What the machine keeps outside its store. */
  readonly outside: Identity
  readonly session: Pick<SyncOptions, 'clock' | 'random' | 'hasher'>
  readonly own: () => OwnLog
  /** Resolves when the recording neither ends nor begins. */
  readonly settled: () => Promise<void>
  /** Ends the recording and begins it anew. */
  readonly restart: () => Promise<void>
  /** Runs what sessions do to the logs that this host writes, one after the other. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
  /** Puts a planted fault, or a check, between the protocol and the store. */
  readonly around: (replica: Replica) => Replica
  readonly trace: Notes
}

/** The steps of `SyncHost` in src/daemon: this host as one session meets it. */
export class PeerDoor {
  readonly #tools: DoorTools
  readonly #replica: Replica
  readonly #memory: SyncMemory
  #witnessed: { readonly log: LogId; readonly events: number } | null = null
  /** How many forks of the session are kept, or about to be. */
  #told = 0
  #keeping: Promise<unknown> = Promise.resolve()

  constructor(tools: DoorTools) {
    this.#tools = tools
    const { store, identity, around, inTurn } = tools
    this.#memory = syncMemory(store)
    this.#replica = around(
      store.openReplica({
        identity,
        beforeOwnLeave: (log, events) => this.#witness(log, events),
        events: {
          rolledBack: (log, held, peer) =>
            inTurn(() => this.#fence(log, `a peer holds ${peer} events of it, and here are ${held}`)),
          clockAhead: () => undefined,
        },
      }),
    )
  }

  session(): Pick<
    SyncOptions,
    'replica' | 'identity' | 'memory' | 'clock' | 'random' | 'hasher' | 'hostName'
  > {
    const { session, identity, hostName } = this.#tools
    return { ...session, replica: this.#replica, identity, memory: this.#memory, hostName }
  }

  /** Forks that a session found so far: one that stays may go on for days. */
  noteForks(peer: string, forks: readonly SyncFork[] = []): void {
    if (forks.length <= this.#told) return
    this.#told = forks.length
    this.#keeping = this.#keeping.then(() => this.keepForks(forks, peer))
  }

  /** Resolves when all that was noted is kept. */
  async kept(): Promise<void> {
    await this.#keeping
  }

  /** Keeps forks. Where it is the log that this host writes, that log ends here. */
  keepForks(forks: readonly SyncFork[], peer: string): Promise<void> {
    const { store, session, inTurn } = this.#tools
    return inTurn(async () => {
      for (const { log, offset, explained } of forks) {
        await addFork(store, { log, offset, peer, explained, foundMs: session.clock.now() })
        await this.#fence(log, `another writer used it from event ${offset} on`)
      }
    })
  }

  #witness(log: LogId, events: number): void {
    if (this.#witnessed?.log === log && this.#witnessed.events >= events) return
    const { own, store, outside } = this.#tools
    const info = store.reader.log(log)
    if (own().writer.log === log) own().witness()
    else if (info && outside.witness?.log === log) {
      // A log that another session's find made this host open just now: its recording is about to begin.
      const chain = Buffer.from(info.chain).toString('hex')
      outside.witness = { ...outside.witness, events: info.events, chain }
    }
    this.#witnessed = { log, events: info?.events ?? events }
  }

  /** Does nothing for a log that this host does not write, or no longer. */
  async #fence(log: LogId, reason: string): Promise<void> {
    const { store, own, settled, restart, trace } = this.#tools
    await settled()
    if (log !== own().writer.log) return
    trace.note(`fenced ${log.slice(0, 8)}: ${reason}`)
    await addFence(store, { log, reason })
    await restart()
  }
}
