import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { Clock } from '../../../src/engine/ports/clock.js'
import type { Hasher } from '../../../src/engine/ports/hash.js'
import type { Link } from '../../../src/engine/ports/link.js'
import type { SyncMemory } from '../../../src/engine/ports/sync-memory.js'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { createMemoryLinks } from '../../../src/transport/links/memory-link.js'
import type { MemoryLinkOptions } from '../../../src/transport/links/memory-link.js'
import type { Codec } from '../../../src/transport/sync/codecs.js'
import { runSyncSession } from '../../../src/transport/sync/sync-session.js'
import type { SyncOptions, SyncResult } from '../../../src/transport/sync/sync-types.js'
import { SeededRandom } from '../../fixtures-gen/random.js'
import { settled, VirtualTime } from '../../simulation/clock.js'
import { FakeKey, FakeLog } from './fake-log.js'
import { FakeReplica } from './fake-replica.js'

export const hasher: Hasher = await createHasher()

/** Works in the caller's thread: what happens between two moments of virtual time is then over in one turn. */
export const inlineCodec: Codec = {
  name: 'brotli',
  compress: (bytes) => brotliCompressSync(bytes, { params: { 1: 1 } }),
  decompress: (bytes, maxBytes) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }),
}

/** What a host remembers, in memory. */
export class FakeMemory implements SyncMemory {
  readonly saved = new Map<string, Uint8Array>()

  load(peerKey: Uint8Array): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.saved.get(Buffer.from(peerKey).toString('hex')))
  }

  save(peerKey: Uint8Array, memory: Uint8Array): Promise<void> {
    this.saved.set(Buffer.from(peerKey).toString('hex'), memory)
    return Promise.resolve()
  }
}

export class FakeHost {
  readonly name: string
  readonly key: FakeKey
  readonly replica = new FakeReplica()
  readonly memory = new FakeMemory()
  readonly #random: SeededRandom

  constructor(name: string, seed: number | string) {
    this.name = name
    this.#random = new SeededRandom(`${name} ${seed}`)
    this.key = new FakeKey(this.#random)
  }

  /** A new log of this host with so many events of about `bytes` bytes; nothing of it is in any replica. */
  newLog(events: number, bytes = 40): FakeLog {
    const log = FakeLog.open(this.key, this.#random)
    log.append(...this.payloads(events, bytes))
    return log
  }

  payloads(count: number, bytes = 40): Uint8Array[] {
    return Array.from({ length: count }, () => Buffer.from(this.#random.hex(bytes), 'latin1'))
  }
}

/** What a session settled to. */
export type Outcome = { readonly result: SyncResult } | { readonly error: unknown }

export interface Meeting {
  readonly a?: Partial<SyncOptions>
  readonly b?: Partial<SyncOptions>
  readonly link?: Partial<MemoryLinkOptions>
}

/** Virtual time and the sessions in it. */
export class SyncWorld {
  readonly time = new VirtualTime(1_700_000_000_000)
  readonly random: SeededRandom
  readonly clock: Clock = { now: () => this.time.nowMs, sleep: (ms, signal) => this.#sleep(ms, signal) }

  constructor(seed: number | string) {
    this.random = new SeededRandom(seed)
  }

  links(options: Partial<MemoryLinkOptions> = {}): readonly [Link, Link] {
    const { near, far } = createMemoryLinks({ clock: this.clock, random: this.random, ...options })
    return [near, far]
  }

  /** Starts one end. */
  start(
    host: FakeHost,
    link: Link,
    role: 'initiator' | 'responder',
    options: Partial<SyncOptions> = {},
  ): Promise<Outcome> {
    const session = runSyncSession({
      link,
      role,
      replica: host.replica,
      identity: host.key,
      memory: host.memory,
      clock: this.clock,
      random: this.random,
      hasher,
      hostName: host.name,
      authorise: () => 'accept',
      mode: 'once',
      send: true,
      receive: true,
      codecs: [inlineCodec],
      ...options,
    })
    return session.then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
  }

  /** One session between two hosts, to its end. `a` is the initiator. */
  meet(a: FakeHost, b: FakeHost, meeting: Meeting = {}): Promise<readonly [Outcome, Outcome]> {
    return this.run(this.meetLater(a, b, meeting))
  }

  /** The same, for a caller who lets time pass. */
  meetLater(
    a: FakeHost,
    b: FakeHost,
    { a: ofA, b: ofB, link }: Meeting = {},
  ): Promise<readonly [Outcome, Outcome]> {
    const [left, right] = this.links(link)
    return Promise.all([this.start(a, left, 'initiator', ofA), this.start(b, right, 'responder', ofB)])
  }

  /** Lets time pass until the promise settles; fails where that takes longer than anything may. */
  async run<T>(promise: Promise<T>, maxMs = 3_600_000): Promise<T> {
    const endMs = this.time.nowMs + maxMs
    const state = { over: false }
    const settle = (): void => {
      state.over = true
    }
    promise.then(settle, settle)
    for (;;) {
      await settled()
      if (state.over) return promise
      if (!this.time.runNext()) throw new Error('everything waits for something that never comes')
      if (this.time.nowMs > endMs) throw new Error(`not over after ${maxMs} ms`)
    }
  }

  /** Leaves no listener behind: sessions here sleep thousands of times under one signal. */
  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      if (signal?.aborted === true) {
        resolve()
        return
      }
      signal?.addEventListener('abort', wake, { once: true })
      this.time.schedule(ms, wake)
    })
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.time.nowMs + ms
    await settled()
    while (this.time.isDueWithin(endMs - this.time.nowMs)) {
      this.time.runNext()
      await settled()
    }
  }
}

/** The result, or the error thrown. */
export function resultOf(outcome: Outcome): SyncResult {
  if ('error' in outcome) throw outcome.error
  return outcome.result
}

export function errorOf(outcome: Outcome): unknown {
  return 'error' in outcome ? outcome.error : undefined
}
