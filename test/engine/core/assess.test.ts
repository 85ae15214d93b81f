import { describe, expect, it } from 'vitest'
import { assess, beginsWithNulRun, rootOffline, type Difference } from '../../../src/engine/core/assess.js'
import type { SuspectReason } from '../../../src/engine/core/cursor.js'

const day = 24 * 60 * 60 * 1000
const nowMs = 1_760_000_000_000
const old = 31 * day
const young = 29 * day

const rows: [Difference['kind'], boolean, number, SuspectReason | null][] = [
  ['missing', true, young, 'missing'],
  ['missing', true, old, 'missing'],
  ['missing', false, young, 'missing'],
  ['missing', false, old, null],
  ['missing', false, 30 * day, null],
  ['missing', false, 30 * day - 1, 'missing'],
  ['shortened', true, young, 'shortened'],
  ['shortened', true, old, 'shortened'],
  ['shortened', false, young, 'shortened'],
  ['shortened', false, old, 'shortened'],
  ['nul-run', true, young, 'nul-run'],
  ['nul-run', true, old, 'nul-run'],
  ['nul-run', false, young, 'nul-run'],
  ['nul-run', false, old, 'nul-run'],
  ['rewritten', true, young, null],
  ['rewritten', true, old, null],
  ['rewritten', false, young, null],
  ['rewritten', false, old, null],
]

describe('assess', () => {
  it.each(rows)('%s, unclean %s, %i ms old: %s', (kind, unclean, ageMs, expected) => {
    const circumstances = { unclean, nowMs, lastChangedMs: nowMs - ageMs, cleanupAgeMs: 30 * day }
    expect(assess({ kind }, circumstances)).toBe(expected)
  })

  it.each([
    ['an agent that never cleans up', Number.POSITIVE_INFINITY, 0, 'missing'],
    ['an agent that cleans up at once', 0, nowMs, null],
    ['a file from the future', 30 * day, nowMs + day, 'missing'],
  ])('a file missing after a clean stop, with %s', (_name, cleanupAgeMs, lastChangedMs, expected) => {
    expect(assess({ kind: 'missing' }, { unclean: false, nowMs, lastChangedMs, cleanupAgeMs })).toBe(expected)
  })
})

describe('rootOffline', () => {
  it.each([
    [true, 0, 0, false],
    [false, 0, 0, false],
    [false, 0, 1, true],
    [true, 0, 1, false],
    [true, 0, 2, true],
    [true, 1, 2, false],
    [true, 1, 1000, false],
    [false, 0, 1000, true],
  ])('exists %s, %i found of %i known: %s', (exists, found, known, expected) => {
    expect(rootOffline({ exists, found, known })).toBe(expected)
  })
})

describe('beginsWithNulRun', () => {
  const nuls = (count: number, then = ''): Buffer => Buffer.concat([Buffer.alloc(count), Buffer.from(then)])
  it.each([
    ['nothing', nuls(0), false],
    ['text', nuls(0, 'abc'), false],
    ['one NUL at the end of the file', nuls(1), true],
    ['15 NULs and text', nuls(15, 'x'), false],
    ['16 NULs and text', nuls(16, 'x'), true],
    ['many NULs', nuls(5000), true],
    ['text and NULs', Buffer.concat([Buffer.from('x'), nuls(50)]), false],
  ])('%s', (_name, bytes, expected) => {
    expect(beginsWithNulRun(bytes)).toBe(expected)
  })
})
