import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsColumns, sideBySide } from '../../src/cli/conflict-columns.js'
import { exactRow, listNotes, readableRow } from '../../src/cli/conflict-list-text.js'
import { idDigits } from '../../src/cli/conflict-digits.js'
import { showPaged } from '../../src/cli/conflict-pager.js'
import { previewLines } from '../../src/cli/conflict-preview-text.js'
import { htmlReport } from '../../src/cli/conflict-report-html.js'
import { markdownReport } from '../../src/cli/conflict-report-markdown.js'
import { reportConflict, reportFirst, reportLast } from '../../src/cli/conflict-report.js'
import { plainConflict, shownConflict } from '../../src/cli/conflict-show-text.js'
import { displayWidth, fitted, wrapped } from '../../src/cli/conflict-width.js'
import { plainPaint } from '../../src/cli/paint.js'
import { safeBlock } from '../../src/cli/safe-text.js'
import type { Message } from '../../src/daemon/operations/conflicts.js'
import { hostile, sampleConflict, sampleDetail, sampleMessage, samplePreview } from './conflict-sample.js'

/** Whatever a terminal acts on besides a line's end, or that turns the reading order around. */
const acts = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u

describe('the width of text', () => {
  it.each([
    ['plain', 5],
    ['日本語', 6],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['한국', 4],
    ['ﾊﾝ', 2],
    ['a\u200cb', 2],
    ['\u0301', 1],
    ['', 0],
  ])('%s is %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  it('is just what was asked for, whatever the text', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((each) => safeBlock(each).replaceAll('\n', ' '))
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (each, width) => {
        expect(displayWidth(fitted(each, width))).toBe(width)
        for (const line of wrapped(each, width, 100)) expect(displayWidth(line)).toBeLessThanOrEqual(width)
      }),
    )
  })

  it('breaks at spaces where it can, and loses no letter', () => {
    expect(wrapped('one two three four', 9, 9)).toEqual(['one two', 'three', 'four'])
    expect(wrapped('abcdefghij', 4, 9)).toEqual(['abcd', 'efgh', 'ij'])
    expect(wrapped('日本語のテキスト', 5, 9)).toEqual(['日本', '語の', 'テキ', 'スト'])
    expect(wrapped('a\n\nb', 5, 9)).toEqual(['a', '', 'b'])
    expect(wrapped(' ⺀⺀⺀', 5, 9)).toEqual(['', '⺀⺀', '⺀'])
    expect(wrapped('x '.repeat(100), 4, 3)).toHaveLength(3)
    const words = fc.array(fc.stringMatching(/^[a-z日本]{1,12}$/), { maxLength: 12 })
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 20 }), (each, width) => {
        expect(wrapped(each.join(' '), width, 1000).join('').replaceAll(' ', '')).toBe(each.join(''))
      }),
    )
  })

  it('piles no marks without end on a letter', () => {
    const [line] = wrapped(`a${'\u0301'.repeat(10_000)}b`, 10, 1)
    expect(line?.length).toBeLessThan(40)
  })
})

describe('a conflict for a terminal', () => {
  it('puts two branches side by side, each in its own column', () => {
    const lines = shownConflict(sampleDetail(), 80, plainPaint)
    const text = lines.join('\n')
    expect(text).toContain('3fa9c1d2e4b5a697  open  continued apart')
    expect(lines).toContain(`${'user'.padEnd(38)} │ assistant`)
    expect(lines).toContain(`${'  from the mac'.padEnd(38)} │   from 日本`)
    expect(text).toContain('→ Bash: ls')
    expect(text).toContain('holdfast conflicts resolve 3fa9c1d2 --union | --split | --keep mac')
    const rows = lines.filter((line) => line.includes('│'))
    expect(new Set(rows.map((row) => displayWidth(row.slice(0, row.indexOf('│')))))).toEqual(new Set([39]))
  })

  it('numbers them where there are more, or no room', () => {
    expect([fitsColumns(2, 80), fitsColumns(2, 40), fitsColumns(3, 200)]).toEqual([true, false, false])
    const lines = shownConflict(sampleDetail(), 40, plainPaint)
    expect(lines.some((line) => line.startsWith('1  mac'))).toBe(true)
    expect(lines.some((line) => line.includes('│'))).toBe(false)
    for (const line of lines.slice(0, -1)) expect(displayWidth(line)).toBeLessThanOrEqual(60)
  })

  it.each([20, 59, 80, 200])('acts on nothing that a session or a host name says, at %i columns', (width) => {
    for (const text of hostile) {
      const detail = sampleDetail(text)
      const lines = [
        ...shownConflict(detail, width, plainPaint),
        ...plainConflict(detail).map((line) => line.replaceAll('\t', ' ')),
        ...previewLines(samplePreview(text), width, plainPaint),
        ...listNotes(
          { conflicts: [detail.conflict], counts: { open: 1, merged: 0, resolved: 0 } },
          plainPaint,
          7,
        ),
      ]
      for (const line of lines) expect(line).not.toMatch(acts)
      expect(lines.length).toBeLessThan(600)
    }
  })

  it('is never longer than a screenful for each record, however long that is', () => {
    const message = { ...sampleMessage('x\n'.repeat(2000)), cut: 996_000 }
    const lines = sideBySide(['a', 'b'], [[message], []], 80, plainPaint)
    expect(lines.length).toBeLessThan(40)
    expect(lines.join('\n')).toContain('… 996,000 more characters')
  })

  it('is one row in the list', () => {
    const row = sampleConflict()
    expect(readableRow(row, 7).slice(0, 6)).toEqual([
      '3fa9c1d',
      'open',
      'continued apart',
      '11111111',
      'shop',
      'mac +1, box +1',
    ])
    expect(exactRow(row)).toEqual([
      '3fa9c1d2e4b5a697',
      'open',
      'fork',
      '11111111-1111-4111-8111-111111111111',
      'shop',
      'mac:1,box:1',
      '2026-01-02T03:04:06.000Z',
      'claude',
      'a.jsonl',
    ])
    expect(idDigits(['0123456789abcdef', '0123456799abcdef'])).toBe(9)
    expect(idDigits(['a'.repeat(16), 'a'.repeat(16)])).toBe(7)
  })
})

describe('a report', () => {
  const reported = async (text: string) => {
    const detail = sampleDetail(text)
    const conflict = await reportConflict(() => Promise.resolve(detail))
    return { conflicts: [conflict], omitted: 0 }
  }

  it.each(hostile.map((text, i) => [i, text] as const))(
    'in HTML takes nothing as markup: %i',
    async (_, text) => {
      const html = htmlReport(await reported(text))
      const tags = new Set(
        Array.from(html.matchAll(/<\/?([a-z!][a-z0-9]*)/gi), ([, name]) => name?.toLowerCase()),
      )
      const own =
        'html head meta title style body h1 h2 h3 section span dl dt dd bdi div article header pre p !doctype'
      expect([...tags].filter((name) => !own.split(' ').includes(name ?? ''))).toEqual([])
      expect(html.replaceAll('\n', ' ').replaceAll('\t', ' ')).not.toMatch(acts)
      expect(html).toContain("default-src 'none'")
      for (const [tag] of html.matchAll(/<[^>]*>/g)) expect(tag).not.toMatch(/\s(?:src|href|on\w+)\s*=/i)
      const plain = htmlReport(await reported('x'))
      // Hostile text adds text, never an element.
      expect(html.match(/<(?:div|article|section|h\d)\b/g)?.length).toBe(
        plain.match(/<(?:div|article|section|h\d)\b/g)?.length,
      )
    },
  )

  it.each(hostile.map((text, i) => [i, text] as const))(
    'in Markdown keeps it in code: %i',
    async (_, text) => {
      const markdown = markdownReport(await reported(text))
      expect(markdown.replaceAll('\n', ' ').replaceAll('\t', ' ')).not.toMatch(acts)
      const outside = withoutCode(markdown)
      for (const line of outside)
        expect(line).toMatch(
          /^(?:$|#{1,3} [\w ,.:]*$|- [A-Z][a-z A-Z]*: [\w ,.:-]*$|[\w ,.:-]*\.$|… [\d,]+ more characters$|, *$| *$)/,
        )
      expect(outside.filter((line) => line.startsWith('### '))).toHaveLength(3)
    },
  )

  it('of long branches has the beginning and the end, and says what it left out', async () => {
    const all = Array.from({ length: 1000 }, (_, i) => sampleMessage(String(i)))
    const conflict = await reportConflict(({ from, limit }) => {
      const start = from < 0 ? all.length + from : from
      const messages: Message[] = all.slice(start, start + limit)
      const [a, b] = sampleDetail().pages
      if (!a || !b) throw new Error('no pages')
      return Promise.resolve({ ...sampleDetail(), pages: [{ from: start, total: 1000, messages }, b] })
    })
    const [first] = conflict.branches
    expect(first?.messages).toHaveLength(reportFirst)
    expect(first?.lastMessages.map(({ text }) => text)).toEqual(
      Array.from({ length: reportLast }, (_, i) => String(950 + i)),
    )
    expect(first?.omitted).toBe(750)
    expect(conflict.branches[1]?.omitted).toBe(0)
    expect(htmlReport({ conflicts: [conflict], omitted: 3 })).toContain('750 records left out here.')
    expect(markdownReport({ conflicts: [conflict], omitted: 3 })).toContain('*750 records left out here.*')
  })
})

describe('paging', () => {
  const show = async (lines: number, env: Record<string, string>, isTTY = true): Promise<string> => {
    let shown = ''
    const terminal = { isTTY, rows: 10, write: (text: string) => void (shown += text) }
    await showPaged(
      Array.from({ length: lines }, (_, i) => String(i)),
      terminal,
      { PATH: process.env['PATH'] ?? '', ...env },
    )
    return shown
  }

  it('uses the pager for what is longer than the screen, in a terminal alone', async () => {
    expect(await show(50, { PAGER: 'cat > /dev/null' })).toBe('')
    expect(await show(5, { PAGER: 'cat > /dev/null' })).toContain('4\n')
    expect(await show(50, { PAGER: 'cat > /dev/null' }, false)).toContain('49\n')
    expect(await show(50, { PAGER: '' })).toContain('49\n')
  })

  it('prints where there is no such pager, and minds no pager that is left early', async () => {
    expect(await show(50, { PAGER: 'no-such-pager-here 2>/dev/null' })).toContain('49\n')
    expect(await show(50_000, { PAGER: 'true' })).toBe('')
  })
})

/** The lines of a Markdown text without what stands in code. */
function withoutCode(markdown: string): string[] {
  const found: string[] = []
  let fence = ''
  for (const line of markdown.split('\n')) {
    const run = /^ {0,3}(`{3,})/.exec(line)?.[1] ?? ''
    if (fence !== '') {
      if (run.length >= fence.length && line.trim() === run) fence = ''
      continue
    }
    if (run !== '' && line.endsWith('text')) {
      fence = run
      continue
    }
    found.push(line.replace(/(?<!`)(`+)(?!`)(?:.*?)(?<!`)\1(?!`)/g, ''))
  }
  return found
}
