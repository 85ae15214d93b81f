import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/engine/core/limits.js'
import { Workbench } from './workbench.js'

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
})
afterEach(() => bench.dispose())

/** One sweep, after which the log gives exactly what is on disk. */
async function recorded(path: string): Promise<void> {
  await bench.sweep()
  expect(Buffer.compare(await bench.replay(path), bench.read(path))).toBe(0)
}

/** Bytes that look like nothing and repeat late. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 0xff
  return bytes
}

describe('bytes are recorded as they are', () => {
  const contents: [string, Buffer][] = [
    ['lines', Buffer.from('{"a":1}\n{"b":2}\n')],
    ['an empty file', Buffer.alloc(0)],
    ['half a line', Buffer.from('{"a":')],
    ['CRLF', Buffer.from('a\r\nb\r\n')],
    ['NULs', Buffer.concat([Buffer.from('a\n'), Buffer.alloc(5000), Buffer.from('b\n')])],
    ['only NULs', Buffer.alloc(40)],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x0a, 0xc3])],
    ['a BOM', Buffer.from('\uFEFF{}\n')],
    ['no newline at the end', Buffer.from('a\nb')],
    [
      'a line of 1 MB',
      Buffer.concat([noise(1_000_000).map((byte) => (byte === 10 ? 11 : byte)), Buffer.from('\n')]),
    ],
    ['exactly one extent', noise(limits.extentMaxBytes)],
    ['one byte more than a batch', noise(limits.batchMaxBytes + 1)],
    ['5 MB', noise(5_000_000)],
  ]

  it.each(contents)('%s', async (_name, content) => {
    bench.write('a.jsonl', content)
    await recorded('a.jsonl')
    expect(bench.bytes).toBe(content.length)
    expect((await bench.state('a.jsonl')).present).toBe(true)
    // And once only.
    const { events } = bench
    expect(await bench.sweep()).toMatchObject({ files: 1, recorded: 0 })
    await bench.restart()
    await bench.sweep()
    expect(bench.events).toBe(events)
  })

  it('in extents of bounded size, each an event', async () => {
    bench.write('a.jsonl', noise(limits.batchMaxBytes + 1))
    await bench.sweep()
    const rows = await bench.history('a.jsonl')
    expect(rows.map(({ length }) => length)).toEqual([...Array<number>(8).fill(limits.extentMaxBytes), 1])
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, i) => i * limits.extentMaxBytes))
  })

  it('with the working directory as soon as the file names one', async () => {
    bench.write('a.jsonl', '{"type":"summary"}\n')
    await bench.sweep()
    expect(bench.file('a.jsonl').facts.cwd).toBeNull()
    bench.append('a.jsonl', '{"cwd":"/work"}\n')
    await recorded('a.jsonl')
    expect(bench.file('a.jsonl').facts).toEqual({ ...bench.facts('a.jsonl'), cwd: '/work' })
  })
})

describe('a file that grows', () => {
  it('costs only its new bytes', async () => {
    bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    for (const more of ['{"half', ' a line"}\r\n', '', '\0\0\0', 'x']) {
      const before = bench.bytes
      bench.append('a.jsonl', more)
      await recorded('a.jsonl')
      expect(bench.bytes - before).toBe(more.length)
    }
    expect((await bench.state('a.jsonl')).epoch).toBe(0)
  })

  it('is in the log up to the stat that saw it, and goes on there', async () => {
    const path = bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    appendFileSync(path, 'two\n')
    const { observer, tools } = bench.run
    const stat = tools.files.stat(path)!
    appendFileSync(path, 'three\n')
    await observer.observe(bench.roots[0]!, 'a.jsonl', stat)
    await recorded('a.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\nthree\n'])
  })

  it('is found grown after a restart', async () => {
    bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    await bench.run.recorder.stop()
    bench.append('a.jsonl', 'two\n')
    await bench.start({ unclean: true })
    await recorded('a.jsonl')
    expect(await bench.kinds('a.jsonl')).toBe('append append')
  })
})

describe('a file that changes before its end', () => {
  beforeEach(async () => {
    bench.write('a.jsonl', 'one\ntwo\nthree\n')
    await bench.sweep()
  })

  const cases: [string, (path: string) => void, number, string][] = [
    ['truncated to nothing', (path) => truncateSync(path, 0), 0, ''],
    ['truncated', (path) => truncateSync(path, 6), 6, 'one\ntw'],
    ['truncated and grown, shorter', (path) => writeFileSync(path, 'one\nTWO\n'), 4, 'one\nTWO\n'],
    [
      'truncated and grown, longer',
      (path) => writeFileSync(path, 'one\nTWO\nthree\nfour\n'),
      4,
      'one\nTWO\nthree\nfour\n',
    ],
    [
      'rewritten from the first byte, longer',
      (path) => writeFileSync(path, 'x'.repeat(50)),
      0,
      'x'.repeat(50),
    ],
    ['rewritten with NULs', (path) => writeFileSync(path, Buffer.alloc(14)), 0, '\0'.repeat(14)],
  ]

  it.each(cases)('%s: a new epoch that keeps what is common', async (_name, change, keep, now) => {
    const before = bench.bytes
    change(bench.path('a.jsonl'))
    bench.touch('a.jsonl', 1000)
    await recorded('a.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\nthree\n', now])
    expect((await bench.history('a.jsonl')).find(({ kind }) => kind === 'reset')?.position).toBe(keep)
    expect(bench.bytes - before).toBe(now.length - keep)
    // It goes on in the new epoch.
    bench.append('a.jsonl', 'more\n')
    await recorded('a.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\nthree\n', `${now}more\n`])
  })

  it('replaced by an equal file: nothing to record, and it goes on', async () => {
    const { events } = bench
    writeFileSync(bench.path('tmp'), 'one\ntwo\nthree\n')
    renameSync(bench.path('tmp'), bench.path('a.jsonl'))
    await recorded('a.jsonl')
    expect(bench.events).toBe(events)
    bench.append('a.jsonl', 'four\n')
    await recorded('a.jsonl')
    expect(await bench.kinds('a.jsonl')).toBe('append append')
  })

  it('replaced by a file that has all of it and more: an append', async () => {
    writeFileSync(bench.path('x.tmp'), 'one\ntwo\nthree\nfour\n')
    renameSync(bench.path('x.tmp'), bench.path('a.jsonl'))
    await recorded('a.jsonl')
    expect(await bench.kinds('a.jsonl')).toBe('append append')
    expect(bench.bytes).toBe(19)
  })

  it('replaced by another file: a new epoch from the common part', async () => {
    writeFileSync(bench.path('x.tmp'), 'one\ntwo\nTHREE\nfour\n')
    renameSync(bench.path('x.tmp'), bench.path('a.jsonl'))
    await recorded('a.jsonl')
    expect((await bench.history('a.jsonl')).map(({ kind, position }) => [kind, position])).toEqual([
      ['append', 0],
      ['reset', 8],
      ['append', 8],
    ])
  })

  it('touched: nothing to record', async () => {
    const { events } = bench
    bench.touch('a.jsonl', 5)
    expect((await bench.sweep()).recorded).toBe(0)
    expect(bench.events).toBe(events)
    // What was seen is remembered, so that it is not compared again.
    await bench.restart()
    expect(bench.cursor('a.jsonl')?.mtimeMs).toBe(5000)
  })

  it('rewritten far before its end while it grows: found once it is at rest', async () => {
    const long = `${'a'.repeat(5000)}\n`
    bench.write('b.jsonl', long)
    await bench.sweep()
    writeFileSync(bench.path('b.jsonl'), `B${long.slice(1)}more\n`)
    await bench.sweep()
    expect((await bench.replay('b.jsonl')).toString()).toBe(`${long}more\n`)
    bench.clock.nowMs += 31_000
    await recorded('b.jsonl')
    expect(await bench.epochs('b.jsonl')).toEqual([`${long}more\n`, `B${long.slice(1)}more\n`])
    const { events } = bench
    bench.clock.nowMs += 31_000
    await bench.sweep()
    expect(bench.events).toBe(events)
  })

  it('rewritten with the same length and time: found once it is at rest', async () => {
    bench.touch('a.jsonl', 1_000)
    await bench.sweep()
    // The recording was too near to the last change for the file to be taken as at rest.
    const { tools } = bench.run
    tools.cursors.set({ root: 'logs', path: 'a.jsonl' }, { ...bench.cursor('a.jsonl')!, checked: 0 })
    writeFileSync(bench.path('a.jsonl'), 'one\nTWO\nthree\n')
    bench.touch('a.jsonl', 1_000)
    expect((await bench.sweep()).recorded).toBe(0)
    bench.clock.nowMs += 31_000
    await recorded('a.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\nthree\n', 'one\nTWO\nthree\n'])
  })
})

describe('a cursor', () => {
  it('that is lost costs a comparison, not the bytes again', async () => {
    bench.write('a.jsonl', 'one\ntwo\n')
    await bench.sweep()
    const { bytes } = bench
    await bench.run.writer.append({
      events: [],
      cursors: [{ key: { root: 'logs', path: 'a.jsonl' }, cursor: null }],
    })
    bench.append('a.jsonl', 'three\n')
    await bench.start()
    await recorded('a.jsonl')
    expect(bench.bytes - bytes).toBe('three\n'.length)
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\nthree\n'])
  })

  it('that is lost, of a file that was rewritten meanwhile', async () => {
    bench.write('a.jsonl', 'one\ntwo\n')
    await bench.sweep()
    await bench.run.writer.append({
      events: [],
      cursors: [{ key: { root: 'logs', path: 'a.jsonl' }, cursor: null }],
    })
    bench.write('a.jsonl', 'one\nTWO!\n')
    await bench.start()
    await recorded('a.jsonl')
    expect(await bench.epochs('a.jsonl')).toEqual(['one\ntwo\n', 'one\nTWO!\n'])
  })
})
