import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorJson, errorLines, knownError } from '../../src/cli/error-report.js'
import { formatAgo, formatCount, formatDuration, formatSize, formatTime } from '../../src/cli/format.js'
import { ProgressLine } from '../../src/cli/progress.js'
import { safeBlock, safeLine } from '../../src/cli/safe-text.js'
import { tableLines } from '../../src/cli/table.js'
import { HoldfastError } from '../../src/engine/core/errors.js'

/** Whatever a terminal acts on, or that changes how text reads, written apart from the code under test. */
function isDangerous(char: string): boolean {
  const code = char.codePointAt(0) ?? 0
  return (
    /\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Bidi_Control}/u.test(char) ||
    code === 0x200b ||
    code === 0xfeff ||
    (code >= 0xe0000 && code <= 0xe007f)
  )
}

describe('safe text', () => {
  it('holds nothing that a terminal acts on, whatever comes in', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(fc.property(text, (each) => !Array.from(safeLine(each)).some(isDangerous)))
    const inBlock = (char: string): boolean => char !== '\n' && char !== '\t' && isDangerous(char)
    fc.assert(fc.property(text, (each) => !Array.from(safeBlock(each)).some(inBlock)))
  })

  it('replaces every single dangerous character there is', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const char = String.fromCodePoint(code)
      if (isDangerous(char) && isDangerous(safeLine(char))) throw new Error(`U+${code.toString(16)} passes`)
    }
  })

  it.each([
    ['plain ünïcode 日本 👩‍👩‍👧', 'plain ünïcode 日本 👩‍👩‍👧'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u009b2J', '\\x9b2J'],
    ['a\tb\nc\rd', 'a b\\nc\\rd'],
    ['evil\u202etxt.exe', 'evil\\u202etxt.exe'],
    ['half \ud800', 'half \\ud800'],
  ])('%j', (text, safe) => {
    expect(safeLine(text)).toBe(safe)
  })

  it('keeps the lines of a block', () => {
    expect(safeBlock('a\r\nb\tc\rd')).toBe('a\nb\tc\\rd')
  })
})

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [9_949, '9.9 KB'],
    [9_960, '10 KB'],
    [999_499, '999 KB'],
    [999_600, '1.0 MB'],
    [1.3e9, '1.3 GB'],
    [5e18, '5000 PB'],
  ])('formatSize(%d) is %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.7, '1.0 s'],
    [3_240, '3.2 s'],
    [42_000, '42 s'],
    [59_499, '59 s'],
    [59_600, '1m 00s'],
    [125_000, '2m 05s'],
    [3_599_700, '1h 00m'],
    [11_520_000, '3h 12m'],
    [86_399_999, '1d 00h'],
    [371_000_000, '4d 07h'],
    [-1_000, '-1.0 s'],
  ])('formatDuration(%d) is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('counts, ages and dates', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
    expect([formatAgo(0, 500), formatAgo(0, 60_000)]).toEqual(['just now', '1m 00s ago'])
    expect(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('2026-01-02 03:04:05')
  })
})

describe('tableLines', () => {
  const columns = [{ head: 'name' }, { head: 'files', align: 'right' as const }]
  const rows = [
    ['a\u001b[2J', 1],
    ['longer', null],
  ]

  it('divides cells by tabs in a pipe, without a head', () => {
    expect(tableLines(columns, rows, false)).toEqual(['a\\x1b[2J\t1', 'longer\t'])
    expect(tableLines(columns, [], true)).toEqual([])
  })

  it('aligns them in a terminal', () => {
    // oxlint-disable-next-line no-control-regex -- the head may be bold
    const plain = tableLines(columns, rows, true).map((line) => line.replace(/\u001b\[\d+m/g, ''))
    expect(plain).toEqual(['name      files', 'a\\x1b[2J      1', 'longer'])
  })
})

describe('ProgressLine', () => {
  function screen(isTTY: boolean) {
    const written: string[] = []
    const state = {
      at: 0,
      written,
      isTTY,
      columns: 30,
      write: (text: string) => void written.push(text),
      now: () => state.at,
    }
    return state
  }
  const progress = { phase: 'checking\u001b[2J', done: 5, total: 20, unit: 'files' } as const

  it('redraws one line in a terminal, not too often, within its width, and takes it away', () => {
    const tty = screen(true)
    const line = new ProgressLine(tty)
    line.show(progress)
    line.show(progress)
    tty.at = 100
    line.show({ ...progress, done: 20 })
    line.clear()
    line.clear()
    expect(tty.written).toEqual([
      '\r\u001b[2Kchecking\\x1b[2J: 5 of 20 file',
      '\r\u001b[2Kchecking\\x1b[2J: 20 of 20 fil',
      '\r\u001b[2K',
    ])
  })

  it('says nothing of a short run elsewhere, and a line now and then of a long one', () => {
    const pipe = screen(false)
    const line = new ProgressLine(pipe)
    for (pipe.at = 0; pipe.at < 12_000; pipe.at += 100)
      line.show({ phase: 'reading', done: pipe.at * 1000, total: null, unit: 'bytes' })
    line.clear()
    expect(pipe.written).toEqual(['reading: 5.0 MB\n', 'reading: 10 MB\n'])
  })
})

describe('errors', () => {
  it('have a code, whatever they were', () => {
    const system = Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' })
    const aborted = Object.assign(new Error('x'), { name: 'AbortError' })
    const usage = Object.assign(new Error('Nonexistent flag: --x\nSee more help with --help'), {
      oclif: { exit: 2 },
    })
    const codes = [system, aborted, usage, new Error('x'), 'text'].map((error) => knownError(error).code)
    expect(codes).toEqual(['NOT_WRITABLE', 'INTERRUPTED', 'USAGE', 'INTERNAL', 'INTERNAL'])
    expect(knownError(usage).message).toBe('Nonexistent flag: --x')
  })

  it('show two lines, and the trace only where asked for', () => {
    const error = new HoldfastError('DISK_FULL', 'no space', {
      cause: new Error('ENOSPC'),
      next: 'Buy a disk.',
    })
    expect(errorLines(error, false)).toEqual(['Error: no space', 'Next: Buy a disk.'])
    expect(errorLines(error, true).join('\n')).toMatch(/Caused by:\nError: ENOSPC/)
    expect(errorJson(error)).toEqual({
      error: { code: 'DISK_FULL', message: 'no space', next: 'Buy a disk.' },
    })
  })
})
