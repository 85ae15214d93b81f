import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstBytesMax } from '../../../src/engine/formats/first-records.js'
import { formatNamed } from '../../../src/engine/formats/format.js'

const cwdOf = (format: string, text: string | Uint8Array) =>
  formatNamed(format).cwd(typeof text === 'string' ? new TextEncoder().encode(text) : text)
const json = (...records: unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')

describe('claude', () => {
  it.each<[string, string, string | null]>([
    ['a first line without one', json({ type: 'summary' }, { cwd: '/a/b' }, { cwd: '/c' }), '/a/b'],
    ['CRLF', '{"cwd":"/a"}\r\n', '/a'],
    ['no newline yet', '{"cwd":"/a"}', '/a'],
    ['a byte order mark', '\uFEFF{"cwd":"/a"}\n', '/a'],
    ['escapes', '{"cwd":"/caf\\u00e9 \\"x\\""}\n', '/café "x"'],
    ['a Windows path', json({ cwd: 'C:\\Users\\me' }), 'C:\\Users\\me'],
    ['a torn line before', '{"cwd":"/torn","x\n{"cwd":"/a"}\n', '/a'],
    ['two glued records', '{"cwd":"/x"}{"cwd":"/y"}\n{"cwd":"/a"}\n', '/a'],
    ['NULs before', `\0\0\0\n${json({ cwd: '/a' })}`, '/a'],
    ['a nested one only', json({ message: { cwd: '/nested' } }), null],
    ['a nested string only', json({ text: '{"cwd":"/nested"}' }), null],
    ['an array', '[{"cwd":"/a"}]\n', null],
    ['a relative one', json({ cwd: 'a/b' }), null],
    ['no string', json({ cwd: 7 }, { cwd: null }, { cwd: '' }), null],
    ['a NUL inside', json({ cwd: '/a\0b' }), null],
    ['nothing', '', null],
  ])('%s', (_, text, expected) => {
    expect(cwdOf('claude', text)).toBe(expected)
  })

  it('takes no damaged path', () => {
    const bytes = new TextEncoder().encode(json({ cwd: '/aXb' }))
    bytes[bytes.indexOf('X'.charCodeAt(0))] = 0xff
    expect(cwdOf('claude', bytes)).toBeNull()
  })

  it('looks no further than its bound, and not into a first line that is longer', () => {
    const filler = json({ text: 'x'.repeat(firstBytesMax - 100) })
    expect(cwdOf('claude', filler + json({ cwd: '/a' }))).toBe('/a')
    expect(cwdOf('claude', filler + filler + json({ cwd: '/a' }))).toBeNull()
    expect(cwdOf('claude', json({ text: 'x'.repeat(firstBytesMax), cwd: '/a' }))).toBeNull()
  })

  it('tells the directory or nothing, wherever the bytes end and whatever they are', () => {
    const text = json(
      { text: '"cwd":"/bait"', at: { cwd: '/bait' } },
      { text: '\n{"cwd":"/bait"}', cwd: '/räal/x' },
    )
    const bytes = new TextEncoder().encode(text)
    for (let end = 0; end < bytes.length - 2; end++)
      expect(cwdOf('claude', bytes.subarray(0, end))).toBeNull()
    expect(cwdOf('claude', bytes)).toBe('/räal/x')
    for (const name of ['claude', 'codex', 'gemini', 'messages', 'lines', 'file']) {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => cwdOf(name, garbage) === null))
    }
  })
})

describe('other formats', () => {
  it('codex reads session_meta and turn_context, nothing else', () => {
    expect(cwdOf('codex', json({ type: 'session_meta', payload: { id: 'x', cwd: '/a' } }))).toBe('/a')
    expect(
      cwdOf(
        'codex',
        json({ type: 'session_meta', payload: {} }, { type: 'turn_context', payload: { cwd: '/b' } }),
      ),
    ).toBe('/b')
    expect(cwdOf('codex', json({ type: 'response_item', payload: { cwd: '/a' } }, { cwd: '/b' }))).toBeNull()
    expect(cwdOf('codex', json({ type: 'session_meta', payload: null }))).toBeNull()
  })

  it('lines reads a top-level cwd; gemini, messages and file name none', () => {
    const text = json({ cwd: '/a' })
    expect(cwdOf('lines', text)).toBe('/a')
    for (const name of ['gemini', 'messages', 'file']) expect(cwdOf(name, text)).toBeNull()
  })
})
