import { linkSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileFacts } from '../../../src/engine/core/event.js'
import { Workbench } from './workbench.js'

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
})
afterEach(() => bench.dispose())

const text = 'one\ntwo\n'
const rename = (from: string, to: string): void => renameSync(bench.path(from), bench.path(to))

async function isOnDisk(path: string): Promise<void> {
  expect((await bench.replay(path)).toString()).toBe(bench.read(path).toString())
  expect((await bench.state(path)).present).toBe(true)
}

describe('a renamed file', () => {
  // Either name may be looked at first.
  it.each([
    ['a.jsonl', 'z.jsonl'],
    ['z.jsonl', 'a.jsonl'],
    ['m.jsonl', 'archive/m.jsonl'],
  ])('from %s to %s is a move: no byte is stored again', async (from, to) => {
    mkdirSync(bench.path('archive'))
    bench.write(from, text)
    await bench.sweep()
    const { bytes } = bench
    rename(from, to)
    await bench.sweep()
    expect(bench.bytes).toBe(bytes)
    expect(await bench.kinds(from)).toBe('append move')
    expect(await bench.kinds(to)).toBe('base')
    expect((await bench.state(from)).present).toBe(false)
    expect((await bench.replay(from)).toString()).toBe(text)
    expect(bench.cursor(from)?.state).toBe('moved')
    await isOnDisk(to)
    const { event } = await bench.run.reader.read({ log: bench.run.writer.log, offset: 1 })
    expect(event.body).toMatchObject({ kind: 'move', to: { root: 'logs', path: to } })
    const { events } = bench
    await bench.restart({ unclean: true })
    expect(await bench.sweep()).toMatchObject({ recorded: 0, suspect: 0 })
    expect(bench.events).toBe(events)
  })

  it('that grew meanwhile costs only what is new', async () => {
    bench.write('a.jsonl', text)
    await bench.sweep()
    rename('a.jsonl', 'b.jsonl')
    bench.append('b.jsonl', 'three\n')
    await bench.sweep()
    expect(bench.bytes).toBe(text.length + 6)
    expect(await bench.kinds('b.jsonl')).toBe('base append')
    await isOnDisk('b.jsonl')
  })

  it('goes on under its new name', async () => {
    bench.write('a.jsonl', text)
    await bench.sweep()
    rename('a.jsonl', 'b.jsonl')
    await bench.sweep()
    bench.append('b.jsonl', 'three\n')
    await bench.sweep()
    await isOnDisk('b.jsonl')
    expect(bench.bytes).toBe(text.length + 6)
  })

  it('while nobody records, after a crash, is a move and nothing is missed', async () => {
    bench.write('a.jsonl', text)
    await bench.sweep()
    rename('a.jsonl', 'b.jsonl')
    await bench.start({ unclean: true })
    expect(await bench.sweep()).toMatchObject({ suspect: 0 })
    expect(await bench.kinds('a.jsonl')).toBe('append move')
    await isOnDisk('b.jsonl')
  })

  it('that was rewritten too is removed and new', async () => {
    bench.write('a.jsonl', text)
    await bench.sweep()
    rename('a.jsonl', 'b.jsonl')
    writeFileSync(bench.path('b.jsonl'), 'quite another text, and longer\n')
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
    expect(await bench.kinds('b.jsonl')).toBe('append')
    await isOnDisk('b.jsonl')
  })

  it('keeps its bytes and its earlier epochs however often it is renamed', async () => {
    bench.write('n0.jsonl', text)
    await bench.sweep()
    for (let i = 0; i < 70; i += 1) {
      rename(`n${i}.jsonl`, `n${i + 1}.jsonl`)
      await bench.sweep()
    }
    const state = await bench.state('n70.jsonl')
    expect(state.complete).toBe(true)
    await isOnDisk('n70.jsonl')
  })

  it('back and forth ends as it began', async () => {
    bench.write('a.jsonl', text)
    await bench.sweep()
    rename('a.jsonl', 'b.jsonl')
    await bench.sweep()
    rename('b.jsonl', 'a.jsonl')
    await bench.sweep()
    await isOnDisk('a.jsonl')
    expect((await bench.state('b.jsonl')).present).toBe(false)
    bench.append('a.jsonl', 'three\n')
    await bench.sweep()
    await isOnDisk('a.jsonl')
  })

  it('from one root into another', async () => {
    await bench.dispose()
    bench = await Workbench.make('lines', 'messages')
    bench.write('a.jsonl', text)
    await bench.sweep()
    renameSync(bench.path('a.jsonl'), bench.path('a.jsonl', 1))
    await bench.sweep()
    expect(bench.bytes).toBe(text.length)
    expect(await bench.kinds('a.jsonl', 0)).toBe('append move')
    expect((await bench.replay('a.jsonl', {}, undefined, 1)).toString()).toBe(text)
    expect(bench.file('a.jsonl', 1).facts.format).toBe('messages')
  })

  it('of which one of two swapped names: each goes on with its own bytes', async () => {
    bench.write('a.jsonl', 'of a\n')
    bench.write('b.jsonl', 'of b, which is longer\n')
    await bench.sweep()
    rename('a.jsonl', 't.tmp')
    rename('b.jsonl', 'a.jsonl')
    rename('t.tmp', 'b.jsonl')
    await bench.sweep()
    await isOnDisk('a.jsonl')
    await isOnDisk('b.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['of a\n', 'of b, which is longer\n'])
  })
})

describe('a rotation', () => {
  // The archive's name sorts before and after the current one's.
  it.each(['archive/x.jsonl', 'zarchive/x.jsonl'])(
    'to %s and a new current file, seen in one sweep',
    async (archived) => {
      bench.write('current.jsonl', text)
      bench.write(archived.replace('x.', 'older.'), 'older\n')
      await bench.sweep()
      const { bytes } = bench
      bench.append('current.jsonl', 'last\n')
      rename('current.jsonl', archived)
      bench.write('current.jsonl', 'new\n')
      await bench.sweep()
      expect(bench.bytes - bytes).toBe('last\n'.length + 'new\n'.length)
      await isOnDisk(archived)
      await isOnDisk('current.jsonl')
      expect(await bench.kinds(archived)).toBe('base append')
      expect(await bench.epochs('current.jsonl')).toEqual([text, 'new\n'])
      // And again.
      rename('current.jsonl', archived.replace('x.', 'y.'))
      bench.write('current.jsonl', 'newer\n')
      await bench.sweep()
      await isOnDisk(archived.replace('x.', 'y.'))
      expect(await bench.epochs('current.jsonl')).toEqual([text, 'new\n', 'newer\n'])
    },
  )

  it('whose new current file begins like the old one', async () => {
    bench.write('current.jsonl', text)
    await bench.sweep()
    mkdirSync(bench.path('archive'))
    rename('current.jsonl', 'archive/x.jsonl')
    bench.write('current.jsonl', 'one\nzwei\n')
    await bench.sweep()
    await isOnDisk('archive/x.jsonl')
    await isOnDisk('current.jsonl')
  })
})

describe('a file that is gone', () => {
  it('is removed, once, and its bytes stay', async () => {
    bench.write('a.jsonl', text)
    bench.write('b.jsonl', text)
    await bench.sweep()
    unlinkSync(bench.path('a.jsonl'))
    await bench.sweep()
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
    expect((await bench.replay('a.jsonl')).toString()).toBe(text)
    expect((await bench.state('a.jsonl')).present).toBe(false)
    expect((await bench.state('a.jsonl', { events: 2 })).present).toBe(true)
  })

  it.each([
    ['with other bytes', 'new\n'],
    ['with the same bytes', text],
    ['empty', ''],
    ['with the same beginning', `${text}three\n`],
  ])('and comes back %s', async (_name, content) => {
    bench.write('a.jsonl', text)
    bench.write('b.jsonl', 'keeps the root from being empty\n')
    await bench.sweep()
    unlinkSync(bench.path('a.jsonl'))
    await bench.sweep()
    bench.write('a.jsonl', content)
    await bench.sweep()
    await isOnDisk('a.jsonl')
    const { events } = bench
    await bench.sweep()
    expect(bench.events).toBe(events)
    bench.append('a.jsonl', 'more\n')
    await bench.sweep()
    await isOnDisk('a.jsonl')
    expect((await bench.replay('a.jsonl', {}, 0)).toString().startsWith(text)).toBe(true)
  })

  it('and whose inode another file got is no move', async () => {
    bench.write('a.jsonl', text)
    bench.write('keep.jsonl', 'x\n')
    await bench.sweep()
    const { ino } = statSync(bench.path('a.jsonl'))
    unlinkSync(bench.path('a.jsonl'))
    bench.write('b.jsonl', 'another file, a longer one\n')
    // Most file systems hand a freed inode out at once; where not, the cursor is told that it did.
    const cursor = bench.cursor('a.jsonl')!
    const { ino: now } = statSync(bench.path('b.jsonl'))
    if (now !== ino) {
      bench.run.tools.cursors.set(cursor.facts, { ...cursor, identity: { ...cursor.identity, ino: now } })
    }
    await bench.sweep()
    expect(await bench.kinds('b.jsonl')).toBe('append')
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
    await isOnDisk('b.jsonl')
  })
})

describe('two names of one file', () => {
  it('are two files, and losing one moves nothing', async () => {
    bench.write('a.jsonl', text)
    linkSync(bench.path('a.jsonl'), bench.path('b.jsonl'))
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append')
    expect(await bench.kinds('b.jsonl')).toBe('append')
    bench.append('a.jsonl', 'three\n')
    await bench.sweep()
    await isOnDisk('a.jsonl')
    await isOnDisk('b.jsonl')
    unlinkSync(bench.path('a.jsonl'))
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append append remove')
    await isOnDisk('b.jsonl')
  })
})

describe('a rollout that Codex packs', () => {
  const plain = 'sessions/2026/01/02/rollout-2026-01-02-0f0e0d0c-0b0a-4908-8706-050403020100.jsonl'
  const other = 'sessions/2026/01/02/rollout-2026-01-03-0f0e0d0c-0b0a-4908-8706-050403020101.jsonl'
  const packed = `${plain}.zst`

  beforeEach(async () => {
    await bench.dispose()
    bench = await Workbench.make('codex')
    bench.roots = bench.roots.map((root) => ({ ...root, cleanupAgeMs: Number.POSITIVE_INFINITY }))
    await bench.start()
    bench.write(plain, text)
    bench.write(other, text)
    await bench.sweep()
    bench.write(packed, 'packed bytes')
    unlinkSync(bench.path(plain))
  })

  async function isMove(): Promise<void> {
    expect(await bench.kinds(plain)).toBe('append move')
    expect((await bench.replay(packed)).toString()).toBe('packed bytes')
    const rows = await bench.history(plain)
    const { body } = (await bench.run.reader.read(rows.at(-1)!)).event
    expect(body).toMatchObject({ kind: 'move', to: { path: packed } })
  }

  it('has moved', async () => {
    await bench.sweep()
    await isMove()
  })

  it.each([true, false])('while nobody recorded has moved too; unclean %s', async (unclean) => {
    await bench.restart({ unclean })
    expect((await bench.sweep()).suspect).toBe(0)
    await isMove()
  })

  it('and whose packed file is no file was removed', async () => {
    rmSync(bench.path(packed))
    mkdirSync(bench.path(packed))
    await bench.sweep()
    expect(await bench.kinds(plain)).toBe('append remove')
  })
})

describe('small state files', () => {
  beforeEach(async () => {
    await bench.dispose()
    bench = await Workbench.make('file')
  })

  it('are recorded whole at each change', async () => {
    bench.write('1.json', '[1]')
    await bench.sweep()
    for (const [i, content] of ['[1,2]', '', '[3]', '[3]\n'].entries()) {
      bench.write('1.json', content)
      bench.touch('1.json', 1000 + i)
      await bench.sweep()
      await isOnDisk('1.json')
    }
    expect(await bench.epochs('1.json')).toEqual(['[1]', '[1,2]', '', '[3]', '[3]\n'])
    expect(await bench.kinds('1.json')).toBe('file file file file file')
  })

  it('that are rewritten with the same bytes bring nothing', async () => {
    bench.write('1.json', '[1]')
    await bench.sweep()
    bench.write('tmp.tmp', '[1]')
    rename('tmp.tmp', '1.json')
    expect((await bench.sweep()).recorded).toBe(0)
    expect(bench.events).toBe(1)
  })

  it('that are deleted and come back, the same or changed', async () => {
    bench.write('1.json', '[1]')
    bench.write('2.json', '[2]')
    await bench.sweep()
    for (const content of ['[1]', '[4]']) {
      unlinkSync(bench.path('1.json'))
      await bench.sweep()
      expect((await bench.state('1.json')).present).toBe(false)
      bench.write('1.json', content)
      await bench.sweep()
      await isOnDisk('1.json')
    }
    expect(await bench.kinds('1.json')).toBe('file remove file remove file')
  })

  it('that grow over the limit are recorded as extents, and whole again once they are small', async () => {
    const big = (letter: string): string => letter.repeat(300 * 1024)
    bench.write('1.json', '[1]')
    await bench.sweep()
    for (const [i, content] of [big('a'), `${big('a')}b`, big('c'), '[2]', `[2]${big('d')}`].entries()) {
      bench.write('1.json', content)
      bench.touch('1.json', 1000 + i)
      await bench.sweep()
      await isOnDisk('1.json')
    }
    const facts: FileFacts = bench.file('1.json').facts
    expect(facts.format).toBe('file')
    const epochs = await bench.epochs('1.json')
    expect(epochs.map((each) => each.length)).toEqual([3, 300 * 1024 + 1, 300 * 1024, 3 + 300 * 1024])
  })

  it('that are large from the start', async () => {
    bench.write('1.json', 'x'.repeat(300 * 1024))
    await bench.sweep()
    await isOnDisk('1.json')
    bench.write('1.json', 'x')
    await bench.sweep()
    await isOnDisk('1.json')
  })
})
