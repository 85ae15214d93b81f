import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { FileFacts } from '../../src/engine/core/event.js'
import type { LogWriter } from '../../src/engine/ports/log.js'
import { LevelStore } from '../../src/store/level-store.js'
import { openDatabase } from '../../src/store/open-database.js'
import { SeededRandom } from '../fixtures-gen/random.js'
import { newLog, storeTools } from './databases.js'

const log = 'a'.repeat(32)
const file: FileFacts = { root: 'claude', format: 'claude', path: 'a.jsonl', home: '/home/me', cwd: null }

let folder: string
let store: LevelStore
let writer: LogWriter

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-batches-'))
  store = await LevelStore.open(await openDatabase(folder, true), await storeTools())
  writer = store.openWriter(log, newLog('a'))
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Payloads around every size at which memory is handled in another way, in an order that mixes them. */
const sizes = [0, 1, 1024, 4096, 32_767, 32_768, 40_000, 131_072, 135_000, 262_144, 400_000, 524_288]

it.each([
  ['large ones', sizes.slice(5)],
  ['small ones', Array.from({ length: 300 }, (_, index) => index)],
  ['all sizes', sizes],
])('keeps every byte of %s whose memory is used again at once', async (_name, lengths) => {
  const random = new SeededRandom('batches')
  const memory = new Uint8Array(600_000)
  const wanted: Buffer[] = []
  for (let round = 0; round < 6; round++) {
    const done = lengths.map((length) => {
      const bytes = memory.subarray(0, length)
      bytes.set(random.bytes(length))
      wanted.push(Buffer.from(bytes))
      return writer.append({
        events: [{ body: { kind: 'append', file, epoch: 0, position: 0, bytes } }],
      })
    })
    // Some batches of a round are written and give their memory back; others wait while the next round is encoded.
    await done[0]
  }
  await writer.flush()
  let offset = 0
  for await (const { event } of store.reader.scan(log, 0, wanted.length)) {
    const { body } = event
    expect(body.kind === 'append' && wanted[offset]?.equals(body.bytes), `event ${offset}`).toBe(true)
    offset += 1
  }
  expect(offset).toBe(wanted.length)
  for await (const damage of store.check(log, 0, true)) expect(damage).toBeUndefined()
})
