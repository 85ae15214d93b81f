import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cursor } from '../../src/engine/core/cursor.js'
import { writeSynced, type Database } from '../../src/store/database.js'
import { textKey } from '../../src/store/keys.js'
import { LevelStore, storeVersion } from '../../src/store/level-store.js'
import { openDatabase } from '../../src/store/open-database.js'
import { encodeCursor } from '../../src/store/row-codec.js'
import { memoryDatabase, newLog, storeTools } from './databases.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const cursor: Cursor = {
  facts: { root: 'r', format: 'lines', path: 'a', home: '/h', cwd: null },
  epoch: 0,
  position: 1,
  state: 'live',
  identity: { dev: 1, ino: 2, birthMs: 0 },
  size: 1,
  mtimeMs: 1,
  tailLength: 1,
  tailHash: '00'.repeat(8),
  checked: 0,
  changedMs: 0,
  suspect: null,
}

const put = (db: Database, key: Buffer, value: string | Uint8Array): Promise<void> =>
  writeSynced(db, [{ type: 'put', key, value: typeof value === 'string' ? Buffer.from(value) : value }])

describe('the version of a store', () => {
  it('is written first, and stays', async () => {
    const db = await memoryDatabase()
    const tools = await storeTools()
    await LevelStore.open(db, tools)
    expect((await db.get(textKey('meta', 'version')))?.toString()).toBe(String(storeVersion))
    await LevelStore.open(db, tools)
  })

  it.each([String(storeVersion + 1), '999', 'two'])(
    '%s is refused, and the store is closed',
    async (version) => {
      const db = await openDatabase(folder, true)
      await put(db, textKey('meta', 'version'), version)
      await expect(LevelStore.open(db, await storeTools())).rejects.toMatchObject({ code: 'STORE_NEWER' })
      const again = await openDatabase(folder, false)
      // Nothing was written into what another version owns.
      expect((await again.get(textKey('meta', 'version')))?.toString()).toBe(version)
      await again.close()
    },
  )
})

describe('a store in a folder', () => {
  it('belongs to one process', async () => {
    const script = `
      import { Level } from 'level'
      const db = new Level(process.argv[1])
      await db.open()
      process.stdout.write('open')
      process.stdin.resume()
      process.stdin.on('end', () => void db.close())`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      await once(child.stdout, 'data')
      await expect(openDatabase(folder, false)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    } finally {
      child.stdin.end()
      await once(child, 'exit')
    }
    const db = await openDatabase(folder, false)
    await expect(openDatabase(folder, false)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await db.close()
  })

  it('is not made where the caller says that there is one', async () => {
    await expect(openDatabase(join(folder, 'none'), false)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(
      readdirSync(join(folder, 'none')).filter((name) => name !== 'LOCK' && !name.startsWith('LOG')),
    ).toEqual([])
  })
})

describe('rows beside the log', () => {
  it('are loaded without those that can’t be read', async () => {
    const db = await memoryDatabase()
    await put(db, textKey('cursor', 'r\0a'), encodeCursor(cursor))
    await put(db, textKey('cursor', 'r\0b'), encodeCursor(cursor).subarray(0, -3))
    await put(db, textKey('cursor', 'r\0c'), encodeCursor({ ...cursor, position: -1 }))
    await put(db, textKey('cursor', 'r\0d'), '')
    await put(db, textKey('intent', 'r\0a'), 'no intent')
    const store = await LevelStore.open(db, await storeTools())
    expect([...(await store.loadCursors()).entries()]).toEqual([['r\0a', cursor]])
    // An intent that can't be read must not keep every other file from being mended.
    expect(await store.loadIntents()).toEqual([])
  })

  it('hold texts about the store', async () => {
    const store = await LevelStore.open(await memoryDatabase(), await storeTools())
    expect(await store.getMeta('x')).toBeUndefined()
    await store.setMeta('x', 'ü')
    expect(await store.getMeta('x')).toBe('ü')
  })
})

describe('a log that is not there', () => {
  it('is a fault to write or to check', async () => {
    const store = await LevelStore.open(await memoryDatabase(), await storeTools())
    const log = 'a'.repeat(32)
    expect(() => store.openWriter(log)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    expect(() => store.check(log, 0, true)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    await store.setLost(log, [{ from: 0, to: 1 }])
    await store.rebuildIndex(log)
    expect(store.reader.logs()).toEqual([])
  })
})

describe('what is lost of a log', () => {
  it('is kept, also while events are written', async () => {
    const db = await memoryDatabase()
    const tools = await storeTools()
    const store = await LevelStore.open(db, tools)
    const writer = store.openWriter('a'.repeat(32), newLog('a'))
    const retire = { body: { kind: 'retire', host: writer.log } } as const
    await writer.append({ events: [retire, retire, retire] })
    await store.setLost(writer.log, [{ from: 0, to: 2 }])
    await writer.append({ events: [retire] })
    const info = (await LevelStore.open(db, tools)).reader.log(writer.log)
    expect(info).toMatchObject({ events: 4, lost: [{ from: 0, to: 2 }] })
  })
})
