import { createHash } from 'node:crypto'
import { cursorId, type Cursor } from '../src/engine/core/cursor.js'
import type { Commit, LogWriter } from '../src/engine/ports/log.js'
import { createHasher } from '../src/platform/node-hasher.js'
import { systemClock, systemRandom } from '../src/platform/system-clock.js'
import { LevelStore } from '../src/store/level-store.js'
import { openDatabase } from '../src/store/open-database.js'

const log = 'ab'.repeat(16)

/** A store of its own in a folder, open for writing, and commits as the recorder makes them. */
export class BenchStore {
  readonly store: LevelStore
  readonly writer: LogWriter
  readonly #cursors = new Map<string, Cursor>()

  private constructor(store: LevelStore) {
    this.store = store
    this.writer = store.openWriter(log, {
      log,
      host: 'cd'.repeat(16),
      hostName: 'bench',
      publicKey: new Uint8Array(44),
    })
  }

  static async open(folder: string): Promise<BenchStore> {
    const tools = { hasher: await createHasher(), clock: systemClock, random: systemRandom }
    return new BenchStore(await LevelStore.open(await openDatabase(folder, true), tools))
  }

  /** An append of these bytes to one of the host's session files, and the cursor that it moves. */
  commit(session: number, bytes: Uint8Array): Commit {
    const path = `-home-ada-code-bench/${session.toString(16).padStart(8, '0')}-6f0b-4c8e-9b1e-3f1f8f0c2d11.jsonl`
    const key = { root: 'claude', path }
    const known = this.#cursors.get(cursorId(key))
    const facts = { root: 'claude', format: 'claude', path, home: '/home/ada', cwd: '/home/ada/code/bench' }
    const position = known?.position ?? 0
    const cursor: Cursor = {
      facts,
      epoch: 0,
      position: position + bytes.length,
      state: 'live',
      identity: { dev: 2049, ino: 1_000_000 + session, birthMs: 1_750_000_000_000 },
      size: position + bytes.length,
      mtimeMs: 1_750_000_000_000.5,
      tailLength: 1024,
      tailHash: '0123456789abcdef',
      checked: 0,
      changedMs: 1_750_000_000_000,
      suspect: null,
    }
    this.#cursors.set(cursorId(key), cursor)
    return {
      events: [{ body: { kind: 'append', file: facts, epoch: 0, position, bytes } }],
      cursors: [{ key, cursor }],
    }
  }

  /** SHA-256 over the payloads of the last events that are durable. */
  async lastPayloads(events: number): Promise<string> {
    const head = this.store.reader.log(log)?.events ?? 0
    const hash = createHash('sha256')
    for await (const { event } of this.store.reader.scan(log, Math.max(0, head - events), head)) {
      if (event.body.kind === 'append') hash.update(event.body.bytes)
    }
    return hash.digest('hex')
  }
}
