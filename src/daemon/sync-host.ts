import type { LogId } from '../engine/core/event.js'
import { HoldfastError, invariant } from '../engine/core/errors.js'
import type { PeerIdentity, Replica } from '../engine/ports/replica.js'
import type { SyncMemory } from '../engine/ports/sync-memory.js'
import type { SyncOptions } from '../transport/sync/sync-types.js'
import { hostIdentity } from './host-key.js'
import { openOwnLog } from './log-continuity.js'
import type { Runtime } from './runtime.js'
import type { OwnLog } from './session.js'
import { addFence, addFork, knownForks, type KnownFork } from './sync-fence.js'
import { syncFilter } from './sync-filter.js'
import { syncMemory } from './sync-memory.js'
import { readWitness, writeWitness } from './witness-file.js'

type Found = Omit<KnownFork, 'foundMs'>

/** This host as peers meet it: its key, its store, and the log that it writes, which a peer may prove to be another's. */
export class SyncHost {
  readonly #identity: PeerIdentity
  readonly #replica: Replica
  readonly #memory: SyncMemory
  /** What was noticed and is no failure: shown with the result. */
  readonly notes = new Set<string>()
  readonly #runtime: Runtime
  #own: OwnLog
  /** How many events of which log the witness knows of. */
  #witnessed: { readonly log: LogId; readonly events: number } | null = null

  private constructor(runtime: Runtime, identity: PeerIdentity, own: OwnLog) {
    this.#runtime = runtime
    this.#identity = identity
    this.#own = own
    this.#memory = syncMemory(runtime.store)
    this.#replica = runtime.store.openReplica({
      identity,
      beforeOwnLeave: (log, events) => this.#witness(log, events),
      events: {
        rolledBack: (log, held, peer) =>
          inTurn(runtime, () =>
            this.#fence(
              log,
              `a peer holds ${peer} events of it and this store only ${held}: the store was rolled back`,
            ),
          ),
        clockAhead: (log, aheadMs) => this.#noteClock(log, aheadMs),
      },
    })
  }

  /** Opens the log that this host writes, as no event may leave or come in before it is known which one that is. */
  static async open(runtime: Runtime): Promise<SyncHost> {
    const own = await ownLog(runtime)
    const identity = hostIdentity(runtime.home.identityFolder)
    if (!identity) throw new HoldfastError('INTERNAL', 'the log that was just opened has no key')
    return new SyncHost(runtime, identity, own)
  }

  /** What a session with any peer needs of this host. */
  session(): Pick<
    SyncOptions,
    'replica' | 'identity' | 'memory' | 'clock' | 'random' | 'hasher' | 'hostName'
  > &
    Required<Pick<SyncOptions, 'withholdFor'>> {
    const { clock, random, hasher, store } = this.#runtime
    const [replica, identity, memory] = [this.#replica, this.#identity, this.#memory]
    return {
      replica,
      identity,
      memory,
      clock,
      random,
      hasher,
      hostName: this.#current().hostName,
      withholdFor: (filter) => syncFilter(store.reader, filter),
    }
  }

  /** Those of the forks that nobody was told of before. */
  async newForks<F extends Found>(forks: readonly F[]): Promise<readonly F[]> {
    const known = await knownForks(this.#runtime.store)
    return forks.filter(
      ({ log, offset }) => !known.some((each) => each.log === log && each.offset === offset),
    )
  }

  /** Keeps forks that a session found. Where it is the log that this host writes, that log ends here. */
  keepForks(forks: readonly Found[]): Promise<void> {
    const { store, clock } = this.#runtime
    return inTurn(this.#runtime, async () => {
      for (const { log, offset, peer, explained } of forks) {
        await addFork(store, { log, offset, peer, explained, foundMs: clock.now() })
        await this.#fence(log, `another writer used it from event ${offset} on, as ${peer} has it`)
      }
    })
  }

  #current(): OwnLog {
    return this.#runtime.session?.own ?? this.#own
  }

  #witness(log: LogId, events: number): void {
    if (this.#witnessed?.log === log && this.#witnessed.events >= events) return
    const own = this.#current()
    if (own.writer.log === log) own.witness()
    // A log that another session's find made this host open just now: its recording is about to begin.
    else this.#witnessNew(log)
    // What is acknowledged by now, and so at or past what leaves.
    this.#witnessed = { log, events: this.#runtime.store.reader.log(log)?.events ?? events }
  }

  #witnessNew(log: LogId): void {
    const { home, store } = this.#runtime
    const witness = readWitness(home.identityFolder)
    const info = store.reader.log(log)
    invariant(witness?.log === log && info, 'the log that is written is the one that the witness names')
    const chain = Buffer.from(info.chain).toString('hex')
    writeWitness(home.identityFolder, { ...witness, events: info.events, chain })
  }

  /** Does nothing for a log that this host does not write, or no longer: several sessions may find out at once. */
  async #fence(log: LogId, reason: string): Promise<void> {
    const { store, recorder } = this.#runtime
    await recorder?.settled()
    if (log !== this.#current().writer.log) return
    await addFence(store, { log, reason })
    if (recorder) await recorder.restart()
    else await this.#runtime.session?.stop()
    this.#own = await ownLog(this.#runtime)
    this.notes.add(
      `log ${log.slice(0, 8)} of this host is no longer written, and a new one was opened: ${reason}`,
    )
  }

  #noteClock(log: LogId, aheadMs: number): void {
    const name = this.#runtime.store.reader.log(log)?.hostName ?? log.slice(0, 8)
    const minutes = Math.round(aheadMs / 60_000)
    this.notes.add(`the clock of ${name} is ${minutes} minutes ahead of this host’s; nothing here follows it`)
  }
}

/** Changes of which log this host writes, one after the other: several sessions may give cause for one at once. */
const turns = new WeakMap<Runtime, Promise<void>>()

export function inTurn(runtime: Runtime, work: () => Promise<void>): Promise<void> {
  const done = (turns.get(runtime) ?? Promise.resolve()).then(work)
  turns.set(
    runtime,
    done.catch(() => undefined),
  )
  return done
}

/** The log that is open for writing in this process: the recorder's, or one opened for this. */
async function ownLog(runtime: Runtime): Promise<OwnLog> {
  // In a daemon the recorder opens it; two that do so at once could open two.
  await runtime.recorder?.settled()
  return runtime.session?.own ?? (await openOwnLog(runtime))
}
