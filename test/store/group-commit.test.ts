import { beforeEach, describe, expect, it } from 'vitest'
import type { Cursor } from '../../src/engine/core/cursor.js'
import type { FileFacts, NewEvent } from '../../src/engine/core/event.js'
import { limits } from '../../src/engine/core/limits.js'
import type { LogWriter } from '../../src/engine/ports/log.js'
import { LevelStore } from '../../src/store/level-store.js'
import { memoryDatabase, newLog, SpyDatabase, storeTools } from './databases.js'

const file: FileFacts = { root: 'claude', format: 'claude', path: 'a.jsonl', home: '/home/me', cwd: null }
const cursor: Cursor = {
  facts: file,
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

let spy: SpyDatabase
let store: LevelStore
let writer: LogWriter

beforeEach(async () => {
  spy = new SpyDatabase(await memoryDatabase())
  store = await LevelStore.open(spy, await storeTools())
  writer = store.openWriter('a'.repeat(32), newLog('a'))
  spy.batches.length = 0
})

const append = (position: number, bytes: number): NewEvent => ({
  body: { kind: 'append', file, epoch: 0, position, bytes: new Uint8Array(bytes) },
})

/** The tables of a batch's rows, by their letters. */
const tables = (index: number): string =>
  spy.batches[index]!.operations.map(({ key }) => String.fromCharCode(key[0]!)).join('')

/** Appends while the first batch is under way, so that all of these wait together. */
async function appendWaiting(
  sizes: readonly number[],
): Promise<{ done: Promise<number>[]; release: () => void }> {
  const release = spy.hold()
  const done = [writer.append({ events: [append(0, 1)] })]
  await turn()
  let position = 1
  return {
    release,
    done: [
      ...done,
      ...sizes.map((size) => {
        const appended = writer.append({ events: [append(position, size)] })
        position += size
        return appended
      }),
    ],
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('a commit', () => {
  it('is one synced batch: event, history, file, cursor, intent, and the log’s row last', async () => {
    const intent = {
      kind: 'restore' as const,
      key: file,
      log: writer.log,
      epoch: 0,
      events: 0,
      keepFrom: null,
    }
    await writer.append({
      events: [append(0, 1)],
      cursors: [{ key: file, cursor }],
      intents: [{ key: file, intent }],
    })
    expect(spy.batches).toHaveLength(1)
    expect(spy.batches[0]!.sync).toBe(true)
    expect(tables(0).split('').toSorted().join('')).toBe('cefilx')
    expect(tables(0).at(-1)).toBe('l')
  })
})

describe('group commit', () => {
  it('puts all that waits into the next batch, in order, with one row of the log', async () => {
    const { done, release } = await appendWaiting([1, 1, 1])
    release()
    expect(await Promise.all(done)).toEqual([0, 1, 2, 3])
    expect(spy.batches).toHaveLength(2)
    expect(tables(1)).toBe('exexexl')
    const offsets = spy.batches[1]!.operations.filter(({ key }) => key[0] === 'e'.charCodeAt(0)).map(
      ({ key }) => Number(key.readBigUInt64BE(17)),
    )
    expect(offsets).toEqual([1, 2, 3])
  })

  it('takes what is submitted in one turn together', async () => {
    await Promise.all([writer.append({ events: [append(0, 1)] }), writer.append({ events: [append(1, 1)] })])
    expect(spy.batches).toHaveLength(1)
  })

  it('writes a cursor that moves often once a batch, as it stood last', async () => {
    const release = spy.hold()
    const first = writer.append({ events: [append(0, 1)] })
    await turn()
    const move = (position: number): Promise<number> =>
      writer.append({
        events: [append(position - 1, 1)],
        cursors: [{ key: file, cursor: { ...cursor, position } }],
      })
    const moved = [move(2), move(3)]
    release()
    await Promise.all([first, ...moved])
    expect(tables(1).split('').toSorted().join('')).toBe('ceelxx')
    expect((await store.loadCursors()).get('claude\0a.jsonl')?.position).toBe(3)
    await Promise.all([move(4), writer.append({ events: [], cursors: [{ key: file, cursor: null }] })])
    expect((await store.loadCursors()).size).toBe(0)
    await Promise.all([writer.append({ events: [], cursors: [{ key: file, cursor: null }] }), move(5)])
    expect((await store.loadCursors()).size).toBe(1)
  })

  it('bounds a batch by its payload, and lets one larger commit pass alone', async () => {
    const half = limits.batchMaxBytes / 2
    const { done, release } = await appendWaiting([half, half, 1, limits.batchMaxBytes + 1, half])
    release()
    await Promise.all(done)
    const payloads = spy.batches.map(
      ({ operations }) => operations.filter(({ key }) => key[0] === 'e'.charCodeAt(0)).length,
    )
    expect(payloads).toEqual([1, 2, 1, 1, 1])
  })

  it('never has two batches under way', async () => {
    const { done, release } = await appendWaiting([1, 1])
    expect(spy.batches).toHaveLength(1)
    expect(writer.pendingBytes).toBe(3)
    release()
    await Promise.all(done)
    expect(writer.pendingBytes).toBe(0)
  })

  it('flushes what came before, and resolves at once where nothing waits', async () => {
    await writer.flush()
    const { done, release } = await appendWaiting([1])
    let flushed = false
    const flush = writer.flush().then(() => {
      flushed = true
    })
    await turn()
    expect(flushed).toBe(false)
    release()
    await flush
    expect(store.reader.log(writer.log)?.events).toBe(2)
    await Promise.all(done)
  })
})

describe('a failed batch', () => {
  const disk = Object.assign(new Error('IO error: /s/000003.log: No space left on device'), {
    code: 'LEVEL_IO',
  })
  const broken = new Error('IO error: input/output error')

  it.each([
    ['a full disk', disk, 'DISK_FULL'],
    ['a full disk, told by a cause', new Error('batch failed', { cause: disk }), 'DISK_FULL'],
    ['any other failure', broken, 'STORE_FAILED'],
  ])('is final: %s', async (_name, failure, code) => {
    const { done, release } = await appendWaiting([1])
    const refused = expect.objectContaining({ code })
    const results = done.map((each) => expect(each).rejects.toEqual(refused))
    const flush = expect(writer.flush()).rejects.toEqual(refused)
    await turn()
    spy.failure = failure
    release()
    await Promise.all([...results, flush])
    spy.failure = null
    const batches = spy.batches.length
    await expect(writer.append({ events: [append(0, 1)] })).rejects.toEqual(refused)
    await expect(writer.append({ events: [] })).rejects.toEqual(refused)
    await expect(writer.flush()).rejects.toEqual(refused)
    expect(spy.batches).toHaveLength(batches)
    expect(store.reader.log(writer.log)?.events).toBe(0)
    expect(store.reader.file(writer.log, file)).toBeUndefined()
  })

  it('leaves what was durable before as it was', async () => {
    await writer.append({ events: [append(0, 5)] })
    spy.failure = broken
    await expect(writer.append({ events: [append(5, 5)] })).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(store.reader.log(writer.log)).toMatchObject({ events: 1, bytes: 5 })
  })
})
