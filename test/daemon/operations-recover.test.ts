import { readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { record } from '../../src/daemon/operations/record.js'
import { recover } from '../../src/daemon/operations/recover.js'
import { storedIdentity } from '../../src/daemon/log-continuity.js'
import { eventKey, historyKey } from '../../src/store/keys.js'
import { keptIo, RecordedHome } from './recorded-home.js'

let home: RecordedHome
beforeEach(async () => {
  home = new RecordedHome()
  for (const part of ['one\n', 'two\n', 'three\n']) {
    if (part === 'one\n') home.write('p/a.jsonl', part)
    else home.append('p/a.jsonl', part)
    await home.record()
  }
  home.write('p/b.jsonl', 'other\n')
  await home.record()
})

const whole = 'one\ntwo\nthree\n'
/** The log's events: 0 opens it, 1 to 3 are of a.jsonl, 4 of b.jsonl. */
const ownLog = (): Promise<string> => home.with(async (runtime) => (await storedIdentity(runtime))!.log)

async function lose(offsets: readonly number[], how: 'hole' | 'hole and rows' | 'changed'): Promise<void> {
  const log = await ownLog()
  const no = await home.with(({ store }) =>
    Promise.resolve(store.reader.file(log, { root: 'claude', path: 'p/a.jsonl' })!.no),
  )
  await home.tamper(async (db) => {
    for (const offset of offsets) {
      const key = eventKey(log, offset)
      if (how === 'changed') await db.batch([{ type: 'put', key, value: Buffer.alloc(80) }], { sync: true })
      else await db.batch([{ type: 'del', key }], { sync: true })
      if (how === 'hole and rows')
        await db.batch([{ type: 'del', key: historyKey(no, offset) }], { sync: true })
    }
  })
}

async function allIsWell(): Promise<void> {
  expect(await home.recover()).toMatchObject({
    restored: [],
    damaged: [],
    unmended: [],
    held: [],
    recorded: 0,
    refilled: 0,
  })
  expect(await home.bytes('x/p/a.jsonl')).toBe(home.read('p/a.jsonl'))
}

describe('recover', () => {
  it('finds nothing to do where all is well', async () => {
    expect(await home.recover()).toEqual({
      checked: 5,
      recorded: 0,
      restored: [],
      damaged: [],
      unmended: [],
      held: [],
      accepted: [],
      refilled: 0,
      verified: 2,
      newLog: null,
      dryRun: false,
    })
  })

  it('records what was missed', async () => {
    await home.crash()
    home.append('p/a.jsonl', 'four\n')
    home.write('p/new.jsonl', 'new\n')
    expect(await home.recover()).toMatchObject({ recorded: 2, damaged: [], unmended: [] })
    await allIsWell()
  })

  it('restores what a crash took, and only that', async () => {
    await home.crash()
    rmSync(home.path('p/b.jsonl'))
    const path = home.write('p/a.jsonl', `one\n${'\0'.repeat(30)}four\n`)
    utimesSync(path, 1000, 1000)
    const result = await home.recover()
    expect(result.damaged).toMatchObject([
      { what: 'nul-run', path: 'p/a.jsonl' },
      { what: 'missing', path: 'p/b.jsonl' },
    ])
    expect(result.restored.map(({ path: each }) => each)).toEqual(['p/a.jsonl', 'p/b.jsonl'])
    expect(result.unmended).toEqual([])
    expect(home.read('p/a.jsonl')).toBe(`${whole}four\n`)
    expect(home.read('p/b.jsonl')).toBe('other\n')
    await allIsWell()
  })

  it('only tells, when it is asked to', async () => {
    await home.crash()
    truncateSync(home.path('p/a.jsonl'), 3)
    const before = readdirSync(home.home.storeFolder).length
    const told = await home.recover({ dryRun: true })
    expect(told).toMatchObject({
      dryRun: true,
      recorded: 0,
      restored: [{ path: 'p/a.jsonl', reason: 'shortened' }],
    })
    expect(home.read('p/a.jsonl')).toBe('one')
    expect(before).toBeGreaterThan(0)
    expect((await home.recover()).restored).toHaveLength(1)
    expect(home.read('p/a.jsonl')).toBe(whole)
  })

  it('accepts what is suspect, when it is asked to', async () => {
    await home.crash()
    truncateSync(home.path('p/a.jsonl'), 3)
    rmSync(home.path('p/b.jsonl'))
    const result = await home.recover({ accept: true })
    expect(result.accepted).toHaveLength(2)
    expect(result).toMatchObject({ restored: [], unmended: [] })
    expect(home.read('p/a.jsonl')).toBe('one')
    expect(await home.bytes('x/p/a.jsonl', { epoch: 0 })).toBe(whole)
    await allIsWell()
  })

  it('twice at once does it once', async () => {
    await home.crash()
    truncateSync(home.path('p/a.jsonl'), 3)
    await home.with(async (runtime) => {
      const args = { dryRun: false, accept: false }
      const results = await Promise.all([recover(runtime, args, keptIo()), recover(runtime, args, keptIo())])
      expect(results.map(({ restored }) => restored.length)).toEqual([1, 0])
      expect(results.flatMap(({ unmended, held }) => [...unmended, ...held])).toEqual([])
    })
    expect(home.read('p/a.jsonl')).toBe(whole)
  })
})

describe('recover with a damaged log', () => {
  const rows: ['hole' | 'hole and rows' | 'changed', number[], string][] = [
    ['changed', [1, 3], 'changed'],
    ['hole', [2], 'hole'],
    ['hole', [1, 2, 3], 'hole'],
    ['hole and rows', [1], 'hole'],
    ['hole and rows', [2, 3], 'hole'],
    ['hole and rows', [3], 'hole'],
  ]

  it.each(rows)('%s at %j: recorded anew from disk, told once', async (how, offsets, what) => {
    await lose(offsets, how)
    const result = await home.recover()
    expect(result.damaged.map((row) => row.what)).toEqual(
      how === 'hole' && offsets.length === 3
        ? ['hole']
        : Array(how === 'changed' ? offsets.length : 1).fill(what),
    )
    expect(result.refilled).toBe(1)
    expect(result.unmended).toEqual([])
    expect(await home.bytes('x/p/a.jsonl')).toBe(whole)
    await allIsWell()
    expect(await home.replay({ to: join(home.user, 'out'), verify: true })).toMatchObject({
      files: 2,
      mismatches: [],
    })
  })

  it('that is found by a recording already is filled too', async () => {
    await lose([2], 'changed')
    await home.withKilled(async (runtime) => void (await record(runtime, {}, keptIo())))
    await home.record()
    expect((await home.recover()).unmended).toEqual([])
    expect(await home.bytes('x/p/a.jsonl')).toBe(whole)
    await allIsWell()
  })

  it('whose file is gone too can’t be mended, and says so', async () => {
    await lose([2], 'changed')
    await home.crash()
    rmSync(home.path('p/a.jsonl'))
    const result = await home.recover()
    expect(result.restored).toEqual([])
    expect(result.unmended.length).toBeGreaterThan(0)
    expect(result.damaged.map(({ what }) => what).toSorted()).toEqual(['changed', 'missing'])
    // It stays so, and is told again: the file is still not there.
    const again = await home.recover()
    expect(again.unmended.length).toBeGreaterThan(0)
    writeFileSync(home.path('p/a.jsonl'), whole)
    expect(await home.recover()).toMatchObject({ unmended: [] })
    expect(await home.bytes('x/p/a.jsonl')).toBe(whole)
  })

  it('that lost what no file needs any more is told once', async () => {
    await home.with(async (runtime) => {
      await record(runtime, {}, keptIo())
      rmSync(home.path('p/b.jsonl'))
      await record(runtime, {}, keptIo())
    })
    await lose([4], 'changed')
    const first = await home.recover()
    expect(first.damaged).toMatchObject([{ what: 'changed', from: 4, to: 5 }])
    await allIsWell()
  })

  it('that lost its head goes on in a new log, and every file is whole', async () => {
    home.append('p/b.jsonl', 'more\n')
    await home.record()
    await lose([5], 'changed')
    const result = await home.recover()
    expect(result).toMatchObject({ refilled: 1, unmended: [] })
    expect(result.newLog).not.toBeNull()
    expect(await home.bytes('x/p/b.jsonl')).toBe('other\nmore\n')
    expect(await home.bytes('x/p/a.jsonl')).toBe(whole)
    await allIsWell()
  })

  it('leaves damaged bytes where they are: nothing is deleted', async () => {
    await lose([2], 'changed')
    await home.recover()
    const log = await ownLog()
    await home.tamper(async (db) => {
      expect((await db.get(eventKey(log, 2)))?.length).toBe(80)
    })
  })
})
