import { rmSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SuspectReason } from '../../../src/engine/core/cursor.js'
import { acceptSuspects } from '../../../src/engine/recover/recover.js'
import { Workbench } from './workbench.js'

const daySeconds = 24 * 3600
const text = 'one\ntwo\nthree\n'

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
  bench.write('a.jsonl', text)
  bench.write('b.jsonl', 'another\n')
  bench.touch('a.jsonl', bench.clock.nowMs / 1000 - 10)
  await bench.sweep()
})
afterEach(() => bench.dispose())

type Damage = 'missing' | 'shortened' | 'nul-run' | 'rewritten'

function damage(kind: Damage): void {
  const path = bench.path('a.jsonl')
  if (kind === 'missing') unlinkSync(path)
  else if (kind === 'shortened') truncateSync(path, 6)
  else {
    writeFileSync(path, kind === 'nul-run' ? `one\n${'\0'.repeat(10)}` : 'one\nTWO and so on\n')
    utimesSync(path, 1000, 1000)
  }
}

/** The last run ended so, and another begins. */
async function nextStart(unclean: boolean): Promise<void> {
  if (!unclean) await bench.run.recorder.stop()
  await bench.start({ unclean })
}

const rows: [Damage, boolean, number, SuspectReason | null][] = [
  ['missing', true, 0, 'missing'],
  ['missing', true, 40, 'missing'],
  ['missing', false, 0, 'missing'],
  ['missing', false, 40, null],
  ['shortened', true, 40, 'shortened'],
  ['shortened', false, 40, 'shortened'],
  ['nul-run', true, 40, 'nul-run'],
  ['nul-run', false, 0, 'nul-run'],
  ['rewritten', true, 0, null],
  ['rewritten', false, 0, null],
]

describe('the first look after a start', () => {
  it.each(rows)(
    'at a file that is %s, unclean %s, %i days later: %s',
    async (kind, unclean, days, reason) => {
      damage(kind)
      bench.clock.nowMs += days * daySeconds * 1000
      const { events } = bench
      await nextStart(unclean)
      const result = await bench.sweep()
      expect(result.suspect).toBe(reason === null ? 0 : 1)
      expect(bench.cursor('a.jsonl')?.suspect?.reason ?? null).toBe(reason)
      if (reason === null) expect(bench.events).toBeGreaterThan(events)
      else expect(bench.events).toBe(events)
      // Recorded bytes are there in any case.
      expect((await bench.replay('a.jsonl', {}, 0)).toString()).toBe(text)
    },
  )

  it('is over once everything was looked at: then all is history', async () => {
    await nextStart(true)
    await bench.sweep()
    damage('shortened')
    expect((await bench.sweep()).suspect).toBe(0)
    expect(await bench.epochs('a.jsonl')).toEqual([text, 'one\ntw'])
  })

  it('is not over when it was cut short', async () => {
    await nextStart(true)
    const { recorder, observer } = bench.run
    const swept = recorder.sweep(() => void recorder.stop())
    await swept
    expect(observer.starting).toBe(true)
  })

  it('records what grew as ever', async () => {
    bench.append('a.jsonl', 'four\n')
    await nextStart(true)
    expect(await bench.sweep()).toEqual({ files: 2, recorded: 1, suspect: 0 })
    expect((await bench.replay('a.jsonl')).toString()).toBe(`${text}four\n`)
  })

  it('finds lost blocks in a file that grew', async () => {
    const long = `${'x'.repeat(9000)}\n`
    bench.write('c.jsonl', long)
    await bench.sweep()
    writeFileSync(bench.path('c.jsonl'), `${long.slice(0, 4096)}${'\0'.repeat(512)}${long.slice(4608)}more\n`)
    await nextStart(true)
    expect((await bench.sweep()).suspect).toBe(1)
    expect(bench.cursor('c.jsonl')?.suspect?.reason).toBe('nul-run')
  })

  it('takes a hint no lighter', async () => {
    await nextStart(true)
    damage('nul-run')
    bench.run.recorder.hint(bench.path('a.jsonl'))
    await bench.run.recorder.exclusively(() => Promise.resolve())
    expect(bench.cursor('a.jsonl')?.suspect?.reason).toBe('nul-run')
    expect(await bench.kinds('a.jsonl')).toBe('append')
  })
})

describe('a suspect', () => {
  it.each(['missing', 'shortened', 'nul-run'] as const)(
    'that is %s stays one over restarts',
    async (kind) => {
      damage(kind)
      await nextStart(true)
      await bench.sweep()
      const { events } = bench
      const suspect = bench.cursor('a.jsonl')?.suspect
      for (const unclean of [false, true, false]) {
        await bench.sweep()
        await nextStart(unclean)
        bench.clock.nowMs += 100 * daySeconds * 1000
        expect((await bench.sweep()).suspect).toBe(1)
        expect(bench.cursor('a.jsonl')?.suspect).toEqual(suspect)
      }
      expect(bench.events).toBe(events)
    },
  )

  it.each([
    ['shortened', 'one\ntwfour\n'],
    ['shortened', ''],
    ['nul-run', `one\n${'\0'.repeat(10)}four\n`],
  ] as const)('that is %s and changes afterwards becomes history', async (kind, next) => {
    damage(kind)
    await nextStart(true)
    await bench.sweep()
    writeFileSync(bench.path('a.jsonl'), next)
    await bench.sweep()
    expect(bench.cursor('a.jsonl')?.suspect).toBeNull()
    expect(await bench.epochs('a.jsonl')).toEqual([text, next])
    expect((await bench.replay('a.jsonl', {}, 0)).toString()).toBe(text)
  })

  it('that comes back as it was is none any more, and nothing is recorded', async () => {
    damage('missing')
    await nextStart(true)
    await bench.sweep()
    const { events } = bench
    bench.write('a.jsonl', text)
    expect((await bench.sweep()).suspect).toBe(0)
    expect(bench.cursor('a.jsonl')?.suspect).toBeNull()
    expect(bench.events).toBe(events)
    await nextStart(false)
    expect(bench.cursor('a.jsonl')?.suspect).toBeNull()
  })

  it('that is shortened and then deleted is removed', async () => {
    damage('shortened')
    await nextStart(true)
    await bench.sweep()
    rmSync(bench.path('a.jsonl'))
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
    expect(bench.cursor('a.jsonl')).toMatchObject({ state: 'gone', suspect: null })
  })

  it.each([
    ['missing', 'append remove', text],
    ['shortened', 'append reset', 'one\ntw'],
    ['nul-run', 'append reset append', `one\n${'\0'.repeat(10)}`],
  ] as const)('that is %s and accepted is history as it is', async (kind, kinds, now) => {
    damage(kind)
    await nextStart(true)
    await bench.sweep()
    const accepted = await acceptSuspects(bench.run.tools, bench.run.recorder)
    expect(accepted).toEqual([{ root: 'logs', path: 'a.jsonl' }])
    expect(await bench.kinds('a.jsonl')).toBe(kinds)
    expect((await bench.replay('a.jsonl')).toString()).toBe(now)
    expect(bench.cursor('a.jsonl')?.suspect).toBeNull()
    expect(await acceptSuspects(bench.run.tools, bench.run.recorder)).toEqual([])
    await nextStart(true)
    expect(await bench.sweep()).toMatchObject({ recorded: 0, suspect: 0 })
  })
})
