import { describe, expect, it } from 'vitest'
import { checkAndFence } from '../../src/daemon/open-check.js'
import type { NewEvent } from '../../src/engine/core/event.js'
import { eventKey, historyKey, logKey } from '../../src/store/keys.js'
import type { Database } from '../../src/store/database.js'
import { LevelStore } from '../../src/store/level-store.js'
import { decodeLogRow, encodeLogRow } from '../../src/store/row-codec.js'
import { memoryDatabase, newLog, storeTools } from '../store/databases.js'

const log = 'a'.repeat(32)
const file = { root: 'r', format: 'lines', path: 'a', home: '/h', cwd: null }
const full = { full: true, unclean: false }
const clean = { full: false, unclean: false }
const unclean = { full: false, unclean: true }

/** A log of ten appends. */
async function tenEvents(): Promise<{ db: Database; open: () => Promise<LevelStore> }> {
  const db = await memoryDatabase()
  const tools = await storeTools()
  const open = (): Promise<LevelStore> => LevelStore.open(db, tools)
  const appends = Array.from({ length: 10 }, (_, i): NewEvent => ({
    body: { kind: 'append', file, epoch: 0, position: i, bytes: Buffer.of(i) },
  }))
  await (await open()).openWriter(log, newLog('a')).append({ events: appends })
  return { db, open }
}

const change = (db: Database, offset: number): Promise<void> =>
  db.batch([{ type: 'put', key: eventKey(log, offset), value: Buffer.alloc(60) }], { sync: true })

const lost = (store: LevelStore): unknown => store.reader.log(log)?.lost
const range = (from: number, to: number) => ({ from, to })

describe('checkAndFence', () => {
  it('finds nothing in a sound log, and nothing of an unknown one', async () => {
    const store = await (await tenEvents()).open()
    for (const options of [full, clean, unclean]) expect(await checkAndFence(store, log, options)).toEqual([])
    expect(await checkAndFence(store, 'b'.repeat(32), full)).toEqual([])
    expect(lost(store)).toEqual([])
  })

  it('looks at the end after a clean stop, and at more after another', async () => {
    const { db, open } = await tenEvents()
    await change(db, 4)
    expect(await checkAndFence(await open(), log, clean)).toEqual([])
    expect(await checkAndFence(await open(), log, unclean)).toEqual([
      { log, from: 4, to: 5, what: 'changed' },
    ])
  })

  it('keeps what is lost over restarts and looks, and tells it once', async () => {
    const { db, open } = await tenEvents()
    await change(db, 4)
    await db.batch([{ type: 'del', key: eventKey(log, 5) }], { sync: true })
    expect(await checkAndFence(await open(), log, full)).toHaveLength(2)
    for (const options of [clean, unclean, full]) {
      const store = await open()
      expect(lost(store)).toEqual([range(4, 6)])
      expect(await checkAndFence(store, log, options)).toEqual([])
      expect(lost(store)).toEqual([range(4, 6)])
    }
    await change(db, 6)
    expect(await checkAndFence(await open(), log, full)).toEqual([{ log, from: 6, to: 7, what: 'changed' }])
    expect(lost(await open())).toEqual([range(4, 7)])
  })

  it('keeps a loss that reaches into what it looks at', async () => {
    const { db, open } = await tenEvents()
    for (const offset of [7, 8, 9]) await change(db, offset)
    await checkAndFence(await open(), log, full)
    expect(lost(await open())).toEqual([range(7, 10)])
    await checkAndFence(await open(), log, clean)
    expect(lost(await open())).toEqual([range(7, 10)])
  })

  it('forgets a loss that was none', async () => {
    const { open } = await tenEvents()
    await (await open()).setLost(log, [range(3, 5)])
    expect(await checkAndFence(await open(), log, full)).toEqual([])
    expect(lost(await open())).toEqual([])
  })

  it('rebuilds rows, which are no loss', async () => {
    const { db, open } = await tenEvents()
    const { no } = (await open()).reader.file(log, file)!
    const row = decodeLogRow((await db.get(logKey(log)))!)
    const value = encodeLogRow({ ...row, chain: Buffer.alloc(32) })
    await db.batch([{ type: 'put', key: logKey(log), value }], { sync: true })
    await db.batch([{ type: 'del', key: historyKey(no, 3) }], { sync: true })
    const found = await checkAndFence(await open(), log, full)
    expect(found.map(({ what }) => what)).toEqual(['index', 'head'])
    const store = await open()
    expect(lost(store)).toEqual([])
    expect(await checkAndFence(store, log, full)).toEqual([])
  })
})
