import {
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import { repairFiles } from '../../../src/engine/recover/recover.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { eventKey } from '../../../src/store/keys.js'
import { DamagedBench, text } from './damaged-bench.js'

const strangerUid = 65534

let damaged: DamagedBench
beforeEach(async () => {
  damaged = await DamagedBench.make()
})
afterEach(() => damaged.bench.dispose())

const nul = (count: number): string => '\0'.repeat(count)

const kinds: [string, () => void, string, string][] = [
  ['missing', () => damaged.lose(), 'missing', text],
  ['shortened to nothing', () => truncateSync(damaged.bench.path('p/a.jsonl'), 0), 'shortened', text],
  ['shortened', () => damaged.shorten(), 'shortened', text],
  ['all NULs', () => damaged.rewrite(nul(14)), 'nul-run', text],
  ['NULs at the end', () => damaged.rewrite(`one\n${nul(10)}`), 'nul-run', text],
  ['fewer NULs than there were bytes', () => damaged.rewrite(`one\n${nul(4)}`), 'nul-run', text],
  ['more NULs than there were bytes', () => damaged.rewrite(`one\n${nul(100)}`), 'nul-run', text],
  ['NULs and a record behind', () => damaged.rewrite(`one\n${nul(100)}four\n`), 'nul-run', `${text}four\n`],
  ['NULs and a record behind, shorter', () => damaged.rewrite(`one\n${nul(20)}4\n`), 'nul-run', `${text}4\n`],
]

describe('a damaged file is restored', () => {
  it.each(kinds)('%s', async (_name, damage, reason, expected) => {
    damage()
    await damaged.crash()
    const { events } = damaged.bench
    expect(await damaged.repair()).toEqual({
      restored: [{ root: 'logs', path: 'p/a.jsonl', reason, bytes: expected.length }],
      unmended: [],
      held: [],
    })
    expect(damaged.onDisk()).toBe(expected)
    // What was not damaged brings no event: the file is again what was recorded last.
    if (reason !== 'nul-run') expect(damaged.bench.events).toBe(events)
    expect((await damaged.bench.replay('p/a.jsonl', {}, 0)).toString()).toBe(text)
    await damaged.allIsWell()
  })

  it('and what it looked like stays in an epoch of its own', async () => {
    damaged.rewrite(`one\n${nul(100)}four\n`)
    await damaged.crash()
    await damaged.repair()
    expect(await damaged.bench.epochs('p/a.jsonl')).toEqual([text, `one\n${nul(100)}four\n`, `${text}four\n`])
    // The repaired content is made of what was there: no byte is stored again.
    expect(await damaged.bench.kinds('p/a.jsonl')).toBe('append reset append written')
  })

  it('whose last line was open: a record behind begins a line of its own', async () => {
    damaged.bench.write('p/a.jsonl', `${text}{"half`)
    await damaged.bench.sweep()
    damaged.rewrite(`${text}${nul(50)}four\n`)
    await damaged.crash()
    await damaged.repair()
    expect(damaged.onDisk()).toBe(`${text}{"half\nfour\n`)
    await damaged.allIsWell()
  })

  it('with a fresh time: an old one invites the agent’s own cleanup', async () => {
    damaged.bench.touch('p/a.jsonl', 1000)
    await damaged.bench.sweep()
    damaged.lose()
    await damaged.crash()
    await damaged.repair()
    expect(statSync(damaged.bench.path('p/a.jsonl')).mtimeMs).toBeGreaterThan(1_700_000_000_000)
  })

  it.each([0o600, 0o640, 0o644])('with its mode %o', async (mode) => {
    chmodSync(damaged.bench.path('p/a.jsonl'), mode)
    damaged.shorten()
    await damaged.crash()
    await damaged.repair()
    expect(statSync(damaged.bench.path('p/a.jsonl')).mode & 0o777).toBe(mode)
  })

  it('private where it was lost, with its folder', async () => {
    rmSync(damaged.bench.path('p'), { recursive: true })
    await damaged.crash()
    await damaged.repair()
    expect(damaged.onDisk()).toBe(text)
    expect(statSync(damaged.bench.path('p/a.jsonl')).mode & 0o777).toBe(0o600)
    expect(statSync(damaged.bench.path('p')).mode & 0o777).toBe(0o700)
    await damaged.allIsWell()
  })

  it('and goes on growing', async () => {
    damaged.rewrite(`one\n${nul(10)}`)
    await damaged.crash()
    await damaged.repair()
    damaged.bench.append('p/a.jsonl', 'four\n')
    await damaged.bench.sweep()
    expect((await damaged.bench.replay('p/a.jsonl')).toString()).toBe(`${text}four\n`)
    await damaged.allIsWell()
  })

  it('of many extents', async () => {
    const long = Buffer.alloc(3_000_000, 'abcdefg\n').toString('latin1')
    damaged.bench.write('p/a.jsonl', long)
    await damaged.bench.sweep()
    damaged.rewrite(`${long.slice(0, 1_000_000)}${nul(1_500_000)}tail\n`)
    await damaged.crash()
    await damaged.repair()
    expect(damaged.onDisk() === `${long}tail\n`).toBe(true)
    await damaged.allIsWell()
  })

  it('an empty one', async () => {
    damaged.bench.write('p/a.jsonl', '')
    await damaged.bench.sweep()
    damaged.lose()
    await damaged.crash()
    expect((await damaged.repair()).restored).toHaveLength(1)
    expect(damaged.onDisk()).toBe('')
    await damaged.allIsWell()
  })

  it('small state files too', async () => {
    await damaged.bench.dispose()
    damaged = await DamagedBench.make('file')
    damaged.bench.write('p/a.jsonl', '[1]')
    damaged.bench.write('p/lost.json', '[2]')
    await damaged.bench.sweep()
    damaged.rewrite(nul(3))
    rmSync(damaged.bench.path('p/lost.json'))
    await damaged.crash()
    expect((await damaged.repair()).restored.map(({ reason }) => reason)).toEqual(['nul-run', 'missing'])
    expect(damaged.onDisk()).toBe('[1]')
    expect(damaged.bench.read('p/lost.json').toString()).toBe('[2]')
    rmSync(damaged.bench.path('p/lost.json'))
    await damaged.bench.sweep()
    await damaged.allIsWell()
  })

  it('each of several, and the sound ones are left alone', async () => {
    for (let i = 0; i < 5; i += 1) damaged.bench.write(`p/${i}.jsonl`, `file ${i}\n`)
    await damaged.bench.sweep()
    for (let i = 0; i < 4; i += 1) rmSync(damaged.bench.path(`p/${i}.jsonl`))
    const before = statSync(damaged.bench.path('b.jsonl')).ino
    await damaged.crash()
    const progress: [number, number][] = []
    const { restored } = await repairFiles(damaged.bench.run.tools, damaged.bench.run.recorder, (...each) =>
      progress.push(each),
    )
    expect(restored.map(({ path }) => path)).toEqual(['p/0.jsonl', 'p/1.jsonl', 'p/2.jsonl', 'p/3.jsonl'])
    expect(progress).toEqual([1, 2, 3, 4].map((done) => [done, 4]))
    expect(statSync(damaged.bench.path('b.jsonl')).ino).toBe(before)
  })
})

describe('what can’t be mended says why', () => {
  async function isUnmended(why: RegExp): Promise<void> {
    const report = await damaged.repair()
    expect(report).toMatchObject({ restored: [], held: [], unmended: [{ path: 'p/a.jsonl' }] })
    expect(report.unmended[0]?.why).toMatch(why)
  }

  it('something else stands there', async () => {
    damaged.lose()
    await damaged.crash()
    mkdirSync(damaged.bench.path('p/a.jsonl'))
    await isUnmended(/something else/)
    rmSync(damaged.bench.path('p/a.jsonl'), { recursive: true })
    symlinkSync(damaged.bench.path('b.jsonl'), damaged.bench.path('p/a.jsonl'))
    await isUnmended(/something else/)
    expect(damaged.bench.read('b.jsonl').toString()).toBe('another\n')
  })

  it('a file stands where its folder was', async () => {
    rmSync(damaged.bench.path('p'), { recursive: true })
    await damaged.crash()
    writeFileSync(damaged.bench.path('p'), 'in the way')
    await isUnmended(/EEXIST|ENOTDIR/)
    rmSync(damaged.bench.path('p'))
    expect((await damaged.repair()).restored).toHaveLength(1)
  })

  it.runIf(process.geteuid?.() === 0)('no permission', async () => {
    damaged.shorten()
    await damaged.crash()
    chmodSync(damaged.bench.folder, 0o755)
    process.seteuid?.(strangerUid)
    try {
      await isUnmended(/EACCES/)
    } finally {
      process.seteuid?.(0)
    }
    expect(damaged.onDisk()).toBe('one\ntw')
    expect(damaged.leftovers()).toEqual([])
    expect((await damaged.repair()).restored).toHaveLength(1)
  })

  it('the log has not all of it, and the others are mended', async () => {
    damaged.bench.write('p/c.jsonl', 'third\n')
    await damaged.bench.sweep()
    damaged.lose()
    rmSync(damaged.bench.path('p/c.jsonl'))
    const { log } = damaged.bench.run.writer
    const [row] = await damaged.bench.history('p/a.jsonl')
    await damaged.bench.db.batch(
      [{ type: 'put', key: eventKey(log, row!.offset), value: Buffer.alloc(50) }],
      {
        sync: true,
      },
    )
    await damaged.crash()
    const report = await damaged.repair()
    expect(report.unmended).toMatchObject([{ path: 'p/a.jsonl', reason: 'missing' }])
    expect(report.restored).toMatchObject([{ path: 'p/c.jsonl' }])
    // Half of it in its place would look whole.
    expect(readdirSync(damaged.bench.path('p'))).toEqual(['c.jsonl'])
  })

  it('its root is not recorded any more', async () => {
    damaged.shorten()
    await damaged.crash()
    damaged.bench.roots = []
    await damaged.bench.start()
    await isUnmended(/root/)
  })

  it('the disk does not keep what is written', async () => {
    damaged.shorten()
    const real = createNodeFiles()
    const files: WritableFiles = {
      ...real,
      create: (path, mode) => {
        const file = real.create(path, mode)
        return { ...file, write: (bytes) => file.write(bytes.map((byte) => byte ^ 1)) }
      },
    }
    await damaged.crash({ files })
    await isUnmended(/did not keep/)
    expect(damaged.onDisk()).toBe('one\ntw')
    expect(damaged.leftovers()).toEqual([])
  })
})
