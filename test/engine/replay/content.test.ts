import { renameSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../src/engine/core/event.js'
import { fileEpochs, fileState } from '../../../src/engine/replay/content.js'
import { contentDigest, FileDigest, readablePrefix } from '../../../src/engine/replay/file-digest.js'
import { eventKey, historyKey } from '../../../src/store/keys.js'
import { Workbench } from '../record/workbench.js'

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
})
afterEach(() => bench.dispose())

const parts = ['one\n', 'two\n', 'three\n', 'four\n']

/** A file recorded in four events. */
async function grown(): Promise<void> {
  bench.write('a.jsonl', '')
  for (const [i, part] of parts.entries()) {
    if (i === 0) bench.write('a.jsonl', part)
    else bench.append('a.jsonl', part)
    await bench.sweep()
  }
}

/** LevelDB lost an event, with or without what is derived from it. */
async function lose(offset: number, how: 'event' | 'event and row' | 'changed'): Promise<void> {
  const { log } = bench.run.writer
  const key = eventKey(log, offset)
  const row = { type: 'del', key: historyKey(bench.file('a.jsonl').no, offset) } as const
  const event =
    how === 'changed' ? { type: 'put' as const, key, value: Buffer.alloc(60) } : { type: 'del' as const, key }
  await bench.db.batch(how === 'event and row' ? [event, row] : [event], { sync: true })
  await bench.start()
}

describe('fileState', () => {
  it('gives the file after each event, and at each time', async () => {
    await grown()
    for (let events = 0; events <= 4; events += 1) {
      const expected = parts.slice(0, events).join('')
      expect((await bench.replay('a.jsonl', { events })).toString()).toBe(expected)
      expect((await bench.state('a.jsonl', { events })).present).toBe(events > 0)
    }
    const rows = await bench.history('a.jsonl')
    for (const [i, { time }] of rows.entries()) {
      expect((await bench.replay('a.jsonl', { time })).toString()).toBe(parts.slice(0, i + 1).join(''))
    }
    // Where both are given the earlier one counts.
    const late = { ms: Number.MAX_SAFE_INTEGER, counter: 0 }
    expect((await bench.replay('a.jsonl', { events: 1, time: late })).toString()).toBe('one\n')
    expect((await bench.replay('a.jsonl', { events: 3, time: rows[0]!.time })).toString()).toBe('one\n')
    expect((await bench.state('a.jsonl', { time: { ms: 0, counter: 0 } })).epoch).toBe(-1)
  })

  it('says that there is no such epoch', async () => {
    await grown()
    await expect(bench.state('a.jsonl', {}, 1)).rejects.toMatchObject({ code: 'WHEN_INVALID' })
    await expect(bench.state('a.jsonl', { events: 0 }, 0)).rejects.toMatchObject({ code: 'WHEN_INVALID' })
  })

  it('gives what is sure before a gap, and says that it is not all', async () => {
    await grown()
    await lose(1, 'event and row')
    const state = await bench.state('a.jsonl')
    expect(state.complete).toBe(false)
    expect((await bench.bytesOf(state)).toString()).toBe('one\n')
  })

  it.each([0, 1, 2, 3])('is whole again in the epoch that fills a gap at event %i', async (offset) => {
    await grown()
    await lose(offset, 'event and row')
    bench.touch('a.jsonl', 9)
    await bench.sweep()
    const state = await bench.state('a.jsonl')
    expect(state.complete).toBe(true)
    expect((await bench.bytesOf(state)).toString()).toBe(parts.join(''))
    // Epochs that the lost events may have begun are not used again: another host may still hold those events.
    expect(state.epoch).toBeGreaterThan(0)
    const rows = (await bench.history('a.jsonl')).filter(({ epoch }) => epoch === state.epoch)
    expect(rows[0]?.kind).toBe('reset')
  })

  it.each(['event', 'changed'] as const)('whose %s is lost is recorded anew from disk', async (how) => {
    await grown()
    await lose(2, how)
    bench.touch('a.jsonl', 9)
    await bench.sweep()
    const epochs = await fileEpochs(bench.run.reader, bench.file('a.jsonl'))
    expect(epochs.map(({ epoch }) => epoch)).toEqual([0, 1])
    expect((await bench.replay('a.jsonl')).toString()).toBe(parts.join(''))
  })
})

describe('a base', () => {
  beforeEach(async () => {
    bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    bench.append('a.jsonl', 'two\n')
    await bench.sweep()
    renameSync(bench.path('a.jsonl'), bench.path('b.jsonl'))
    await bench.sweep()
    bench.append('b.jsonl', 'three\n')
    await bench.sweep()
  })

  it('is read through to where the bytes are', async () => {
    expect((await bench.replay('b.jsonl')).toString()).toBe('one\ntwo\nthree\n')
    expect((await bench.replay('b.jsonl', { events: 4 })).toString()).toBe('one\ntwo\n')
  })

  it('does not change when its source goes on', async () => {
    bench.write('a.jsonl', 'quite other\n')
    await bench.sweep()
    expect((await bench.replay('b.jsonl')).toString()).toBe('one\ntwo\nthree\n')
  })

  it.each([
    ['all', [0, 1]],
    ['the first event', [0]],
    ['the last event', [1]],
  ])(
    'whose source lost %s is not complete; disk fills it, and nothing else stops',
    async (_name, offsets) => {
      for (const offset of offsets) await lose(offset, 'event and row')
      const state = await bench.state('b.jsonl')
      expect(state.complete).toBe(false)
      bench.write('c.jsonl', 'new\n')
      bench.touch('b.jsonl', 9)
      await bench.sweep()
      expect((await bench.replay('c.jsonl')).toString()).toBe('new\n')
      expect((await bench.replay('b.jsonl')).toString()).toBe('one\ntwo\nthree\n')
      // And a rename of such a file costs its bytes, no more.
      renameSync(bench.path('b.jsonl'), bench.path('d.jsonl'))
      await bench.sweep()
      expect((await bench.replay('d.jsonl')).toString()).toBe('one\ntwo\nthree\n')
    },
  )

  it('that leads round in a circle ends', async () => {
    const { writer, reader } = bench.run
    const base = (path: string, source: string): NewEvent => ({
      body: {
        kind: 'base',
        file: bench.facts(path),
        epoch: 0,
        source: { log: writer.log, root: 'logs', path: source, epoch: 0 },
        length: 5,
        digest: '00'.repeat(32),
      },
    })
    await writer.append({ events: [base('x', 'y'), base('y', 'x'), base('z', 'z'), base('w', 'nowhere')] })
    for (const path of ['x', 'z', 'w']) {
      const state = await fileState(reader, bench.file(path))
      expect([path, state.complete, state.content.length]).toEqual([path, false, 0])
    }
  })
})

describe('a file’s digest', () => {
  const bytes = Buffer.alloc(200_000, 'some bytes that repeat ')
  const digest = (chunk: number): string => {
    const sum = new FileDigest(bench.storeTools.hasher)
    for (let at = 0; at < bytes.length; at += chunk) sum.update(bytes.subarray(at, at + chunk))
    return sum.hex()
  }

  it('is the same however the bytes arrive, and another for other bytes', () => {
    const whole = digest(bytes.length)
    for (const chunk of [1000, 4096, 65_535, 65_536, 65_537, 131_072]) expect(digest(chunk)).toBe(whole)
    const { hasher } = bench.storeTools
    expect(new FileDigest(hasher).update(bytes.subarray(1)).hex()).not.toBe(whole)
    expect(new FileDigest(hasher).hex()).toBe('00'.repeat(32))
  })

  it('is the chain that its description gives', () => {
    const { hasher } = bench.storeTools
    let chain: Uint8Array = new Uint8Array(32)
    for (let at = 0; at < bytes.length; at += 65_536)
      chain = hasher.sha256(chain, bytes.subarray(at, at + 65_536))
    expect(digest(10_000)).toBe(Buffer.from(chain).toString('hex'))
  })

  it('does not look at a buffer after it was given back', () => {
    const { hasher } = bench.storeTools
    const buffer = Buffer.from('abc')
    const sum = new FileDigest(hasher).update(buffer)
    buffer.fill(0)
    expect(sum.hex()).toBe(new FileDigest(hasher).update(Buffer.from('abc')).hex())
  })

  it('of a content that can’t be read whole is that of its readable part', async () => {
    await grown()
    const { hasher } = bench.storeTools
    await lose(2, 'changed')
    const { content } = await bench.state('a.jsonl')
    const { reader } = bench.run
    const sure = await readablePrefix(hasher, reader, content)
    expect(sure.content.length).toBe('one\ntwo\n'.length)
    expect(sure.digest).toBe(new FileDigest(hasher).update(Buffer.from('one\ntwo\n')).hex())
    await expect(contentDigest(hasher, reader, content)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })
})

describe('a file whose end is lost', () => {
  it('is held against what is left', async () => {
    await grown()
    await lose(3, 'event and row')
    writeFileSync(bench.path('a.jsonl'), 'one\ntwo\nthree\nFOUR\n')
    await bench.sweep()
    expect((await bench.replay('a.jsonl')).toString()).toBe('one\ntwo\nthree\nFOUR\n')
  })
})
