import { mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workbench } from './workbench.js'

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
  bench.write('a.jsonl', 'one\n')
  bench.write('b.jsonl', 'two\n')
  await bench.sweep()
})
afterEach(() => bench.dispose())

/** Hints, and whatever they set going: a removal is confirmed a little later. */
async function hinted(...paths: readonly string[]): Promise<void> {
  const { recorder, writer } = bench.run
  for (const path of paths) recorder.hint(bench.path(path))
  for (let i = 0; i < 5; i += 1) {
    await recorder.exclusively(() => Promise.resolve())
    bench.clock.nowMs += 300
    await new Promise((resolve) => void setImmediate(resolve))
  }
  await writer.flush()
}

describe('a hint', () => {
  it('that a file grew, or is new', async () => {
    bench.append('a.jsonl', 'more\n')
    bench.write('c.jsonl', 'new\n')
    await hinted('a.jsonl', 'c.jsonl')
    expect((await bench.replay('a.jsonl')).toString()).toBe('one\nmore\n')
    expect((await bench.replay('c.jsonl')).toString()).toBe('new\n')
  })

  it('about a folder, new or known, finds all below it', async () => {
    bench.write('p/q/c.jsonl', 'new\n')
    bench.append('a.jsonl', 'more\n')
    await hinted('p')
    expect((await bench.replay('p/q/c.jsonl')).toString()).toBe('new\n')
    expect(bench.cursor('a.jsonl')?.position).toBe(4)
    await hinted('')
    expect(bench.cursor('a.jsonl')?.position).toBe(9)
  })

  it('may be wrong, doubled, or about what is not recorded', async () => {
    const { events } = bench
    bench.run.recorder.hint(`${bench.folder}/elsewhere`)
    bench.run.recorder.hint(`${bench.roots[0]!.base}-not`)
    await hinted('a.jsonl', 'a.jsonl', 'nothing.jsonl', 'a.jsonl/below', '.git/x', 'x.tmp')
    expect(bench.events).toBe(events)
  })

  it('that a file is gone is believed only when it stays away', async () => {
    unlinkSync(bench.path('a.jsonl'))
    bench.run.recorder.hint(bench.path('a.jsonl'))
    await bench.run.recorder.exclusively(() => Promise.resolve())
    expect(await bench.kinds('a.jsonl')).toBe('append')
    await hinted()
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
  })

  it('that a file is gone, which is back at once: half of a replace', async () => {
    unlinkSync(bench.path('a.jsonl'))
    bench.run.recorder.hint(bench.path('a.jsonl'))
    await bench.run.recorder.exclusively(() => Promise.resolve())
    bench.write('a.jsonl', 'one\nand more\n')
    await hinted()
    expect(await bench.kinds('a.jsonl')).toBe('append append')
  })

  it('that a folder is gone with all below it', async () => {
    bench.write('p/c.jsonl', 'c\n')
    bench.write('p/q/d.jsonl', 'd\n')
    bench.write('pp/e.jsonl', 'e\n')
    await hinted('p', 'pp')
    rmSync(bench.path('p'), { recursive: true })
    await hinted('p')
    expect(await bench.kinds('p/c.jsonl')).toBe('append remove')
    expect(await bench.kinds('p/q/d.jsonl')).toBe('append remove')
    expect(await bench.kinds('pp/e.jsonl')).toBe('append')
  })

  it('that the whole root is gone removes nothing', async () => {
    rmSync(bench.roots[0]!.base, { recursive: true })
    await hinted('a.jsonl', 'b.jsonl', '')
    expect(await bench.kinds('a.jsonl')).toBe('append')
    expect(bench.run.recorder.problems.map(({ code }) => code)).toEqual(['offline'])
    mkdirSync(bench.roots[0]!.base)
  })

  it.each([
    ['old name first', ['a.jsonl', 'z.jsonl']],
    ['new name first', ['z.jsonl', 'a.jsonl']],
  ])('about a rename, %s', async (_name, order) => {
    const { bytes } = bench
    renameSync(bench.path('a.jsonl'), bench.path('z.jsonl'))
    await hinted(...order)
    expect(bench.bytes).toBe(bytes)
    expect(await bench.kinds('a.jsonl')).toBe('append move')
    expect(await bench.kinds('z.jsonl')).toBe('base')
  })

  it('after the recorder was stopped does nothing', async () => {
    await bench.run.recorder.stop()
    bench.append('a.jsonl', 'more\n')
    await hinted('a.jsonl')
    expect(bench.cursor('a.jsonl')?.position).toBe(4)
  })
})
