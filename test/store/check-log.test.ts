import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FileFacts, NewEvent } from '../../src/engine/core/event.js'
import type { Damage } from '../../src/engine/ports/check.js'
import { writeSynced, type Database } from '../../src/store/database.js'
import { decodeEvent, encodeEvent } from '../../src/store/event-codec.js'
import { packValue, unpackValue } from '../../src/store/event-value.js'
import { eventKey, fileKey, historyKey, hostEventKey, logKey } from '../../src/store/keys.js'
import { LevelStore, type StoreTools } from '../../src/store/level-store.js'
import { decodeHistoryRow, decodeLogRow, encodeHistoryRow, encodeLogRow } from '../../src/store/row-codec.js'
import { memoryDatabase, newLog, storeTools } from './databases.js'

const log = 'a'.repeat(32)
const file: FileFacts = { root: 'claude', format: 'claude', path: 'a.jsonl', home: '/home/me', cwd: null }

let db: Database
let tools: StoreTools

/** A log of eight events: 0 is about no file, 1 to 7 append to one. */
beforeEach(async () => {
  db = await memoryDatabase()
  tools = await storeTools()
  const store = await LevelStore.open(db, tools)
  const writer = store.openWriter(log, newLog('a'))
  const appends = Array.from({ length: 7 }, (_, i): NewEvent => ({
    body: { kind: 'append', file, epoch: 0, position: i, bytes: Buffer.from(String(i + 1)) },
  }))
  await writer.append({
    events: [{ body: { kind: 'alias', project: 'p', path: '/p', host: null } }, ...appends],
  })
})

const value = async (offset: number): Promise<Buffer> => Buffer.from((await db.get(eventKey(log, offset)))!)
const put = (key: Buffer, bytes: Uint8Array): Promise<void> =>
  writeSynced(db, [{ type: 'put', key, value: bytes }])
const del = (key: Buffer): Promise<void> => writeSynced(db, [{ type: 'del', key }])
const reopened = (): Promise<LevelStore> => LevelStore.open(db, tools)

async function check(from = 0, index = true): Promise<string[]> {
  const store = await reopened()
  const found: Damage[] = []
  for await (const damage of store.check(log, from, index)) found.push(damage)
  return found.map(({ what, from: start, to }) => `${what} ${start}-${to}`)
}

/** Another event in the place of one, with a sum that fits; `chain` is kept. */
async function forge(offset: number, text: string): Promise<void> {
  const { chain, encoded } = unpackValue(tools.hasher, await value(offset), log, offset)
  const event = decodeEvent(encoded)
  if (event.body.kind !== 'append') throw new Error('an append is forged')
  const body = { ...event.body, bytes: Buffer.from(text) }
  await put(
    eventKey(log, offset),
    packValue(tools.hasher, chain, encodeEvent({ ...event, body }, Buffer.alloc(16))),
  )
}

describe('a sound log', () => {
  it('has nothing to report, from wherever it is read', async () => {
    expect(await check()).toEqual([])
    expect(await check(3)).toEqual([])
    expect(await check(7)).toEqual([])
    expect(await check(8)).toEqual([])
  })

  it('has the chain that anybody can compute', async () => {
    const sha256 = (...parts: Uint8Array[]): Buffer => {
      const hash = createHash('sha256')
      for (const part of parts) hash.update(part)
      return hash.digest()
    }
    let chain: Uint8Array = Buffer.alloc(32)
    for (let offset = 0; offset < 8; offset += 1) {
      // [format u8][sum u64][chain 32][encoded event]
      const bytes = await value(offset)
      expect(bytes[0]).toBe(1)
      expect(bytes.readBigUInt64BE(1)).toBe(tools.hasher.xxh64(bytes.subarray(9)))
      chain = sha256(chain, sha256(bytes.subarray(41)))
      expect(bytes.subarray(9, 41).toString('hex')).toBe(Buffer.from(chain).toString('hex'))
    }
    const info = (await reopened()).reader.log(log)!
    expect(Buffer.from(info.chain).toString('hex')).toBe(Buffer.from(chain).toString('hex'))
  })

  it('has events whose digests tell nothing of what they hold', async () => {
    const store = await reopened()
    const writer = store.openWriter(log)
    const event: NewEvent = { body: { kind: 'retire', host: log } }
    await writer.append({ events: [event, event] })
    const nonces = [8, 9].map(async (offset) => {
      const { encoded } = await store.reader.read({ log, offset })
      return Buffer.from(encoded).toString('hex')
    })
    const [a, b] = await Promise.all(nonces)
    expect(a!.length).toBe(b!.length)
    // Beside offset and counter only the nonce tells the two apart: most of 16 bytes.
    const differing = Array.from(a!).filter((digit, i) => digit !== b![i]).length
    expect(differing).toBeGreaterThan(16)
  })
})

describe('a damaged log', () => {
  it('names every flipped byte, wherever it is in the value', async () => {
    const good = await value(3)
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good)
      bad[at]! ^= 0x10
      await put(eventKey(log, 3), bad)
      expect(await check(), `byte ${at}`).toEqual(['changed 3-4'])
    }
  })

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['shorter than a header', (bytes: Buffer) => bytes.subarray(0, 20)],
  ])('names a value that is %s', async (_name, change) => {
    await put(eventKey(log, 7), change(await value(7)))
    expect(await check()).toEqual(['changed 7-8'])
  })

  it.each([
    ['in the middle', [2, 3, 5], ['hole 2-4', 'hole 5-6']],
    ['at the start', [0, 1], ['hole 0-2']],
    ['at the head', [6, 7], ['hole 6-8']],
    ['everywhere', [0, 1, 2, 3, 4, 5, 6, 7], ['hole 0-8']],
  ])('names missing events %s', async (_name, offsets, expected) => {
    for (const offset of offsets) await del(eventKey(log, offset))
    expect(await check()).toEqual(expected)
  })

  it('names both of two events that changed places, and no sound one', async () => {
    const [three, four] = [await value(3), await value(4)]
    await put(eventKey(log, 3), four)
    await put(eventKey(log, 4), three)
    expect(await check()).toEqual(['misplaced 3-4', 'misplaced 4-5'])
  })

  it('refuses to read what stands in another’s place', async () => {
    await put(eventKey(log, 3), await value(4))
    const { reader } = await reopened()
    await expect(reader.read({ log, offset: 3 })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    await expect(reader.bytes({ log, offset: 3, from: 0, length: 1 })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
    })
  })

  it('is read up to a hole, and no further', async () => {
    await del(eventKey(log, 3))
    const { reader } = await reopened()
    const read: number[] = []
    const all = async (): Promise<void> => {
      for await (const { event } of reader.scan(log, 1, 8)) read.push(event.offset)
    }
    await expect(all()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(read).toEqual([1, 2])
  })

  it('names an event that was forged together with its sum', async () => {
    await forge(4, 'x')
    expect(await check()).toEqual(['chain 4-5'])
  })

  it('names the head where the last event was replaced with all that belongs to it', async () => {
    const { encoded } = unpackValue(tools.hasher, await value(7), log, 7)
    const before = unpackValue(tools.hasher, await value(6), log, 6).chain
    const event = decodeEvent(encoded)
    const changed = encodeEvent(event, Buffer.alloc(16, 9))
    const chain = tools.hasher.sha256(before, tools.hasher.sha256(changed))
    await put(eventKey(log, 7), packValue(tools.hasher, chain, changed))
    expect(await check()).toEqual(['head 7-8'])
  })

  it('names events that are not the log’s own', async () => {
    const { chain, encoded } = unpackValue(tools.hasher, await value(2), log, 2)
    const event = decodeEvent(encoded)
    const stranger = encodeEvent({ ...event, log: 'b'.repeat(32) }, Buffer.alloc(16))
    await put(eventKey(log, 2), packValue(tools.hasher, chain, stranger))
    expect(await check()).toEqual(['misplaced 2-3'])
  })
})

describe('the log’s own row', () => {
  const changeRow = async (change: (row: ReturnType<typeof decodeLogRow>) => object): Promise<void> => {
    const row = decodeLogRow((await db.get(logKey(log)))!)
    await put(logKey(log), encodeLogRow({ ...row, ...change(row) }))
  }

  it('is held against the last event', async () => {
    await changeRow(() => ({ chain: Buffer.alloc(32, 1) }))
    expect(await check()).toEqual(['head 7-8'])
    expect(await check(7)).toEqual(['head 7-8'])
    await (await reopened()).rebuildIndex(log)
    expect(await check()).toEqual([])
  })

  it('that is older than its events is found, and made to fit them', async () => {
    const good = (await reopened()).reader.log(log)!
    const { chain } = unpackValue(tools.hasher, await value(4), log, 4)
    await changeRow(() => ({ events: 5, bytes: 4, chain }))
    expect(await check(4)).toEqual(['head 5-6'])
    const store = await reopened()
    await store.rebuildIndex(log)
    const mended = store.reader.log(log)!
    expect({ ...mended, chain: '' }).toEqual({ ...good, chain: '' })
    expect(Buffer.compare(mended.chain, good.chain)).toBe(0)
    expect(await check()).toEqual([])
  })

  it('that counts more events than there are leaves a hole', async () => {
    await changeRow(({ events }) => ({ events: events + 2 }))
    expect(await check()).toEqual(['hole 8-10'])
  })

  it.each([
    ['is gone', null],
    ['can’t be read', Buffer.from('c1ff', 'hex')],
  ])('that %s is made anew from the events', async (_name, bytes) => {
    const good = (await reopened()).reader.log(log)!
    await (bytes === null ? del(logKey(log)) : put(logKey(log), bytes))
    const mended = (await reopened()).reader.log(log)!
    expect(mended).toMatchObject({ events: 8, bytes: 7, last: good.last })
    expect(Buffer.compare(mended.chain, good.chain)).toBe(0)
    expect(await check()).toEqual([])
  })
})

describe('rows derived from events', () => {
  const no = async (): Promise<number> => (await reopened()).reader.file(log, file)!.no
  const row = async (offset: number): Promise<Buffer> => (await db.get(historyKey(await no(), offset)))!

  const cases: [string, string, () => Promise<void>][] = [
    ['a missing history row', 'index 4-5', async () => del(historyKey(await no(), 4))],
    [
      'a history row that can’t be read',
      'index 4-5',
      async () => put(historyKey(await no(), 4), Buffer.of(0xc1)),
    ],
    ['a missing row of an event about no file', 'index 0-1', () => del(hostEventKey(log, 0))],
    [
      'a wrong row of an event about no file',
      'index 0-1',
      () => put(hostEventKey(log, 0), Buffer.from('retire')),
    ],
    ...(['position', 'length', 'epoch', 'kind', 'time'] as const).map(
      (field): [string, string, () => Promise<void>] => [
        `a history row with another ${field}`,
        'index 4-5',
        async () => {
          const good = decodeHistoryRow(await row(4), log, 4)
          const wrong = {
            position: 1,
            length: 9,
            epoch: 3,
            kind: 'reset',
            time: { ms: 5, counter: 0 },
          } as const
          await put(historyKey(await no(), 4), encodeHistoryRow({ ...good, [field]: wrong[field] }))
        },
      ],
    ),
  ]

  it.each(cases)('%s is found and rebuilt', async (_name, expected, damage) => {
    await damage()
    expect(await check()).toEqual([expected])
    expect(await check(0, false)).toEqual([])
    await (await reopened()).rebuildIndex(log)
    expect(await check()).toEqual([])
  })

  it.each([
    ['is gone', null],
    ['can’t be read', Buffer.from('c1ff', 'hex')],
  ])('a file whose row %s gets one again, with its whole history', async (_name, bytes) => {
    const key = fileKey(await no())
    await (bytes === null ? del(key) : put(key, bytes))
    expect(await check()).toEqual(Array.from({ length: 7 }, (_, i) => `index ${i + 1}-${i + 2}`))
    const store = await reopened()
    await store.rebuildIndex(log)
    expect(await check()).toEqual([])
    const rows: number[] = []
    for await (const each of (await reopened()).reader.history(store.reader.file(log, file)!))
      rows.push(each.offset)
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('are rebuilt around an event that can’t be read', async () => {
    await put(eventKey(log, 4), Buffer.alloc(60))
    for (const offset of [3, 4, 5]) await del(historyKey(await no(), offset))
    const store = await reopened()
    await store.rebuildIndex(log)
    const rows: number[] = []
    for await (const each of store.reader.history(store.reader.file(log, file)!)) rows.push(each.offset)
    expect(rows).toEqual([1, 2, 3, 5, 6, 7])
    expect(store.reader.log(log)).toMatchObject({ events: 8, bytes: 6 })
    expect(await check()).toEqual(['changed 4-5'])
  })

  it('never give one file’s number to another', async () => {
    const second: FileFacts = { ...file, path: 'b.jsonl' }
    await put(fileKey(await no()), Buffer.of(0xc1))
    const writer = (await reopened()).openWriter(log)
    await writer.append({ events: [{ body: { kind: 'remove', file: second, epoch: 0 } }] })
    const { reader } = await reopened()
    const rows: number[] = []
    for await (const each of reader.history(reader.file(log, second)!)) rows.push(each.offset)
    expect(rows).toEqual([8])
  })
})
