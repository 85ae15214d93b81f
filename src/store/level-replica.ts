import { HoldfastError, invariant } from '../engine/core/errors.js'
import type { LogId } from '../engine/core/event.js'
import type { Clock } from '../engine/ports/clock.js'
import type { Hasher } from '../engine/ports/hash.js'
import type { OffsetRange } from '../engine/ports/log.js'
import type {
  EventRun,
  LogHave,
  PeerIdentity,
  Replica,
  StoreOutcome,
  Withhold,
} from '../engine/ports/replica.js'
import type { Database } from './database.js'
import { GroupCommit } from './group-commit.js'
import type { LevelLogWriter } from './level-log-writer.js'
import type { LogTable } from './log-table.js'
import { ReplicaLog } from './replica-log.js'
import { readRuns } from './replica-read.js'
import { storeRun, type ReplicaEvents } from './replica-store.js'
import type { Turns } from './turns.js'

export interface ReplicaOptions {
  /** This host's key: it signs points of the logs that were written under it. */
  readonly identity: PeerIdentity
  /**
   * Called before events of the log that is being written here leave the store, with how many of it a peer will know of.
   * Returns when a witness outside the store says so, durably: what a peer has seen must never be given out anew.
   */
  readonly beforeOwnLeave: (log: LogId, events: number) => void
  readonly events: ReplicaEvents
}

interface ReplicaTools extends ReplicaOptions {
  readonly db: Database
  readonly table: LogTable
  readonly turns: Turns
  readonly writer: () => LevelLogWriter | null
  readonly hasher: Hasher
  readonly clock: Clock
}

/** The store as peers meet it. What comes in is believed only after every check; what goes out can be checked by anyone. */
export class LevelReplica implements Replica {
  readonly #tools: ReplicaTools
  readonly #log: ReplicaLog
  readonly #commits: GroupCommit

  constructor(tools: ReplicaTools) {
    this.#tools = tools
    this.#log = new ReplicaLog(tools.db, tools.table, tools.hasher)
    this.#commits = new GroupCommit(tools.db)
  }

  async have(withhold?: Withhold): Promise<readonly LogHave[]> {
    const logs: LogHave[] = []
    for (const { log } of this.#tools.table.infos()) {
      const have = await this.#log.have(log, withhold)
      if (have) logs.push(have)
    }
    return logs
  }

  async *read(log: LogId, range: OffsetRange, withhold?: Withhold): AsyncGenerator<EventRun> {
    const { table, beforeOwnLeave } = this.#tools
    for await (const run of readRuns({ ...this.#tools, log: this.#log, withhold }, log, range)) {
      if (table.writing === log) beforeOwnLeave(log, run.point.events)
      yield run
    }
  }

  async store(run: EventRun): Promise<StoreOutcome> {
    const { log } = run.identity
    if (typeof log !== 'string') throw new HoldfastError('PEER_INVALID', 'what the peer sent names no log')
    const { turns } = this.#tools
    const tools = { ...this.#tools, log: this.#log, commits: this.#commits }
    const outcome = await turns.run(log, () => storeRun(tools, run))
    if (outcome.kind !== 'ahead') return outcome
    // Outside of the log's turn: to end its writing, others may have to wait for one.
    await this.#tools.events.rolledBack(log, outcome.held, outcome.peer)
    const again = await turns.run(log, () => storeRun(tools, run))
    invariant(again.kind !== 'ahead', 'a log that was fenced is still written')
    return again
  }

  chainAt(log: LogId, events: number): Promise<Uint8Array | undefined> {
    return this.#log.chainAt(log, events)
  }

  onAdded(listener: (log: LogId, range: OffsetRange) => void): () => void {
    return this.#tools.table.onAdded(listener)
  }
}
