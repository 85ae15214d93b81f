import { generateKeyPairSync, sign, verify, createPublicKey } from 'node:crypto'
import type { FileFacts, NewEvent } from '../../src/engine/core/event.js'
import type { OffsetRange } from '../../src/engine/ports/log.js'
import type { EventRun, PeerIdentity, Replica, StoreOutcome } from '../../src/engine/ports/replica.js'
import { signedPointBytes } from '../../src/engine/core/signed-point.js'
import { eventDigest, firstChain, nextChain } from '../../src/store/event-value.js'
import type { Database } from '../../src/store/database.js'
import type { LevelLogWriter } from '../../src/store/level-log-writer.js'
import { LevelStore, type StoreTools } from '../../src/store/level-store.js'
import { hostIdOf, logIdOf } from '../../src/store/log-identity.js'
import { ManualClock, memoryDatabase, storeTools } from './databases.js'

export const file: FileFacts = {
  root: 'claude',
  format: 'claude',
  path: '-home-me-app/a.jsonl',
  home: '/home/me',
  cwd: null,
}

export function realIdentity(): PeerIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (bytes) => sign(null, bytes, privateKey),
    verify: (key, bytes, signature) => {
      try {
        const read = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
        return verify(null, bytes, read, signature)
      } catch {
        return false
      }
    },
  }
}

/** A host in memory: a store with a log of its own, and the replica that peers meet. */
export class ReplicaHost {
  readonly identity: PeerIdentity
  readonly tools: StoreTools
  readonly clock: ManualClock
  readonly db: Database
  readonly log: string
  readonly store: LevelStore
  readonly replica: Replica
  readonly rolledBack: string[] = []
  readonly ahead: number[] = []
  /** How many events of the own log a peer was allowed to see, in the order asked. */
  readonly left: number[] = []
  writer: LevelLogWriter

  private constructor(
    identity: PeerIdentity,
    clock: ManualClock,
    tools: StoreTools,
    db: Database,
    store: LevelStore,
    nonce: Uint8Array,
  ) {
    this.identity = identity
    this.clock = clock
    this.tools = tools
    this.db = db
    this.store = store
    const { publicKey } = identity
    this.log = logIdOf(tools.hasher, publicKey, nonce)
    this.writer = this.#open(nonce)
    this.replica = store.openReplica({
      identity,
      beforeOwnLeave: (_log, events) => this.left.push(events),
      events: {
        rolledBack: (log) => {
          this.rolledBack.push(log)
          this.writer = this.#open(Buffer.alloc(16, 200 + this.rolledBack.length))
          return Promise.resolve()
        },
        clockAhead: (_log, aheadMs) => void this.ahead.push(aheadMs),
      },
    })
  }

  static async create(
    options: { identity?: PeerIdentity; db?: Database; name?: string } = {},
  ): Promise<ReplicaHost> {
    const clock = new ManualClock()
    const tools = await storeTools(clock)
    const db = options.db ?? (await memoryDatabase())
    const store = await LevelStore.open(db, tools)
    const nonce = Buffer.alloc(16, 7)
    const host = new ReplicaHost(options.identity ?? realIdentity(), clock, tools, db, store, nonce)
    if (!store.reader.log(host.log)?.events)
      await host.append([opening(host.identity.publicKey, nonce, options.name)])
    return host
  }

  #open(nonce: Uint8Array): LevelLogWriter {
    const { publicKey } = this.identity
    const log = logIdOf(this.tools.hasher, publicKey, nonce)
    const host = hostIdOf(this.tools.hasher, publicKey)
    return this.store.openWriter(log, { log, host, hostName: 'mill', publicKey })
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    await this.writer.append({ events })
  }

  /** Appends these texts to the file, one event each. */
  async record(...texts: string[]): Promise<void> {
    let position = (await this.content()).length
    const events = texts.map((text): NewEvent => {
      const bytes = Buffer.from(text)
      position += bytes.length
      return { body: { kind: 'append', file, epoch: 0, position: position - bytes.length, bytes } }
    })
    await this.append(events)
  }

  async content(log = this.writer.log): Promise<Buffer> {
    const found = this.store.reader.file(log, file)
    const chunks: Uint8Array[] = []
    if (found)
      for await (const { offset, length } of this.store.reader.history(found))
        chunks.push(await this.store.reader.bytes({ log, offset, from: 0, length }))
    return Buffer.concat(chunks)
  }

  async runs(log: string, range: OffsetRange = { from: 0, to: 1e9 }): Promise<EventRun[]> {
    const runs: EventRun[] = []
    for await (const run of this.replica.read(log, range)) runs.push(run)
    return runs
  }

  /** The chain at the head of a log, hex. */
  chain(log: string): string {
    return Buffer.from(this.store.reader.log(log)!.chain).toString('hex')
  }

  /** What a check of a log finds. */
  async damages(log: string): Promise<string[]> {
    const found: string[] = []
    for await (const { what, from, to } of this.store.check(log, 0, true)) found.push(`${what} ${from}-${to}`)
    return found
  }

  /** A run from a log's beginning with other events, signed as this host would. */
  resigned(run: EventRun, encoded: readonly Uint8Array[]): EventRun {
    const { log } = run.identity
    const { hasher } = this.tools
    const chain = encoded.reduce(
      (last, each) => nextChain(hasher, last, eventDigest(hasher, each)),
      firstChain,
    )
    const signature = this.identity.sign(signedPointBytes(log, encoded.length, chain))
    return {
      ...run,
      events: encoded.map((each) => ({ kind: 'event' as const, encoded: each })),
      point: { log, events: encoded.length, chain, signature },
    }
  }

  /** Stores all that another host has of a log. */
  async take(from: ReplicaHost, log: string, range?: OffsetRange): Promise<StoreOutcome[]> {
    const outcomes: StoreOutcome[] = []
    for (const run of await from.runs(log, range)) outcomes.push(await this.replica.store(run))
    return outcomes
  }
}

export const encodedOf = (run: EventRun): Uint8Array[] =>
  run.events.map((event) => (event.kind === 'event' ? event.encoded : new Uint8Array()))

/** The first run that a host gives of a log. */
export async function only(host: ReplicaHost, log: string, range?: OffsetRange): Promise<EventRun> {
  const [run] = await host.runs(log, range)
  return run!
}

export function opening(publicKey: Uint8Array, logNonce: Uint8Array, hostName = 'mill'): NewEvent {
  return {
    body: { kind: 'open', hostName, publicKey, logNonce, platform: 'linux', home: '/home/me', continues: [] },
  }
}
