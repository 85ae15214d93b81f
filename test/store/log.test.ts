import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/store/database.js'
import { LevelStore } from '../../src/store/level-store.js'
import { openDatabase } from '../../src/store/open-database.js'
import { logSuite, type LogWorld } from '../suites/log-suite.js'
import { ManualClock, memoryDatabase, newLog, storeTools } from './databases.js'

/** A world over a database that `open` gives, again and again. */
async function makeWorld(open: () => Promise<Database>, dispose: () => void): Promise<LogWorld> {
  const clock = new ManualClock()
  const tools = await storeTools(clock)
  let store = await LevelStore.open(await open(), tools)
  return {
    get reader() {
      return store.reader
    },
    get cursors() {
      return store
    },
    writer: (digit) => store.openWriter(digit.repeat(32), newLog(digit)),
    setClock: (nowMs) => {
      clock.nowMs = nowMs
    },
    reopen: async () => {
      await store.close()
      store = await LevelStore.open(await open(), tools)
    },
    dispose: async () => {
      await store.close()
      dispose()
    },
  }
}

logSuite('memory-level', async () => {
  const db = await memoryDatabase()
  // What is in memory is gone when it is closed.
  const kept: Database = {
    batch: (operations, options) => db.batch(operations, options),
    get: (key) => db.get(key),
    iterator: (range) => db.iterator(range),
    close: () => Promise.resolve(),
  }
  return makeWorld(
    () => Promise.resolve(kept),
    () => void db.close(),
  )
})

logSuite('LevelDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'))
  let create = true
  return makeWorld(
    () => {
      const db = openDatabase(join(folder, 'store'), create)
      create = false
      return db
    },
    () => rmSync(folder, { recursive: true, force: true }),
  )
})
