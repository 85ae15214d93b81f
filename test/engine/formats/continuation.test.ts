import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { seenMarks, type MarkRange } from '../../../src/engine/formats/continuation.js'

type Json = Record<string, unknown>

const encoder = new TextEncoder()
const line = (record: Json) => `${JSON.stringify(record)}\n`
const message = (uuid: string, parentUuid: string | null, more: Json = {}): string =>
  line({
    parentUuid,
    isSidechain: false,
    type: 'user',
    message: { role: 'user', content: 'x' },
    uuid,
    ...more,
  })
const title = line({ type: 'custom-title', customTitle: 'x', sessionId: 's' })
const summary = line({ type: 'summary', summary: 'x', leafUuid: 'old' })

/** What a call answers, and which marks it read. */
function judge(format: string, marks: readonly string[], appended: string | Uint8Array, known?: number) {
  const asked: number[] = []
  const ranges: MarkRange[] = []
  let at = 100
  for (const mark of marks) {
    ranges.push({ from: at, to: at + encoder.encode(mark).length })
    at += encoder.encode(mark).length + 50
  }
  const bytes = typeof appended === 'string' ? encoder.encode(appended) : appended
  const brought = (index: number) => {
    asked.push(index)
    return encoder.encode(marks[index])
  }
  const seen = seenMarks(format, bytes, ranges, brought, known)
  return { seen, asked }
}

const claude = (marks: readonly string[], appended: string, known?: number) =>
  judge('claude', marks, appended, known).seen

describe('Claude Code', () => {
  // The file held `old` before the marks, and each mark brought one message.
  const marks = [message('m0', 'old'), message('m1', 'm0'), message('m2', 'm1')]

  it.each<[string, string, number]>([
    ['goes on from the last mark', message('a', 'm2'), 3],
    ['goes on from one before', message('a', 'm1'), 2],
    ['goes on from the first', message('a', 'm0'), 1],
    ['goes on from before all', message('a', 'old'), 0],
    ['rewinds to before all', message('a', 'older'), 0],
    ['names no parent', message('a', null), 3],
    ['has the parent in itself', message('a', null) + message('b', 'a') + message('c', 'b'), 3],
    ['has the parent in itself, further on', message('b', 'a') + message('a', null), 3],
    ['goes on from before all, after a chain of its own', message('a', null) + message('b', 'old'), 0],
    ['is decided by its first message', message('a', 'old') + message('b', 'm2'), 0],
    ['is decided by its first message, the other way round', message('a', 'm2') + message('b', 'old'), 3],
    ['begins with lines without parents', title + summary + message('a', 'old'), 0],
    ['has nothing but such lines', title + summary, 3],
    ['is empty', '', 3],
    ['has CRLF', `${title.trimEnd()}\r\n${message('a', 'm0').trimEnd()}\r\n`, 1],
    ['has garbage before', `not json\n\0\0\0\n[1]\n"x"\n{}\n${message('a', 'm0')}`, 1],
    ['is by a subagent', message('a', 'm0', { isSidechain: true }), 1],
    ['is a hook’s progress', line({ type: 'progress', uuid: 'p', parentUuid: 'm0' }), 1],
    [
      'hangs on its own progress',
      line({ type: 'progress', uuid: 'p', parentUuid: 'old' }) + message('a', 'p'),
      0,
    ],
    ...(['assistant', 'system', 'attachment'] as const).map((type): [string, string, number] => [
      `begins with type ${type}`,
      message('a', 'm0', { type }),
      1,
    ]),
    [
      'has a parent that is no text',
      line({ type: 'user', uuid: 'a', parentUuid: 7 }) + message('b', 'm0'),
      1,
    ],
  ])('an append that %s', (_, appended, expected) => {
    expect(claude(marks, appended)).toBe(expected)
  })

  it.each<[string, string, number]>([
    [
      'a compaction that knew the marks',
      line({
        type: 'system',
        subtype: 'compact_boundary',
        uuid: 'c',
        parentUuid: null,
        logicalParentUuid: 'm2',
      }),
      3,
    ],
    [
      'a compaction from memory',
      line({
        type: 'system',
        subtype: 'compact_boundary',
        uuid: 'c',
        parentUuid: null,
        logicalParentUuid: 'old',
      }) + message('a', 'c'),
      0,
    ],
    [
      'a rewind after reading, as the last prompt’s leaf tells',
      line({ type: 'last-prompt', leafUuid: 'm2' }) + message('a', 'old'),
      3,
    ],
    ['a leaf of older times', line({ type: 'last-prompt', leafUuid: 'old' }) + message('a', 'old'), 0],
    [
      'a leaf named after the deciding record',
      message('a', 'old') + line({ type: 'last-prompt', leafUuid: 'm2' }),
      0,
    ],
    ['rows of a mark that are written again', message('m1', 'm0') + message('a', 'm1'), 2],
  ])('%s', (_, appended, expected) => {
    expect(claude(marks, appended)).toBe(expected)
  })

  it.each<[string, string[], string, number]>([
    ['a title', [title], 'old', 1],
    ['a title and a summary after a message', [message('m0', 'old'), title + summary], 'm0', 2],
    ['a title before a message', [title, message('m1', 'old')], 'old', 1],
    ['a subagent’s message', [message('m0', 'old', { isSidechain: true })], 'old', 1],
    ['a meta message', [message('m0', 'old', { isMeta: true })], 'old', 1],
    ['a system line', [message('m0', 'old', { type: 'system' })], 'old', 1],
    ['a message without a uuid', [line({ type: 'user', parentUuid: 'old' })], 'old', 1],
    ['an answer', [message('m0', 'old', { type: 'assistant' })], 'old', 0],
    ['a meta and then a real message', [message('m', 'old', { isMeta: true }) + message('n', 'm')], 'old', 0],
    ['spaces between', [`{ "uuid" : "m0", "type" : "assistant", "parentUuid" : "old" }\r\n`], 'old', 0],
    ['spaces between, and it was read', [`{ "uuid" : "m0", "type" : "assistant" }\r\n`], 'm0', 1],
    ['a torn line', [`{"type":"user","uuid":"m0","parentU\n`], 'old', 1],
    ['nothing', [''], 'old', 1],
    [
      'the parent inside another record',
      [line({ type: 'user', uuid: 'm0', data: { uuid: 'old' } })],
      'old',
      0,
    ],
    ['the parent in a text', [message('m0', 'x', { message: { content: '"uuid":"old"' } })], 'old', 0],
    ['the parent as a parent', [message('m0', 'old')], 'old', 0],
    ['the parent twice', [message('old', null), message('m1', 'old'), message('old', null)], 'old', 3],
    [
      'a message type inside progress',
      [line({ type: 'progress', uuid: 'p', data: { type: 'user' } })],
      'old',
      1,
    ],
  ])('a mark that brought %s', (_, brought, parent, expected) => {
    expect(claude(brought, message('a', parent))).toBe(expected)
  })

  it('takes no first part of a line, nor lines glued together, for records that are elsewhere', () => {
    // The end of a line whose beginning an earlier append brought.
    const tail = message('t', 'old').slice(40)
    expect(claude(marks, tail + message('a', 't'))).toBe(3)
    expect(claude(marks, tail + message('a', 'm0'))).toBe(1)
    const glued = message('g', 'old').slice(0, 60) + message('h', 'g')
    expect(claude(marks, glued + message('a', 'h'))).toBe(3)
  })

  it('reads the parent of a line that is longer than what is given', () => {
    const cut = message('a', 'old', { message: { uuid: 'old', content: 'x'.repeat(5000) } }).slice(0, 1000)
    expect(claude(marks, cut)).toBe(0)
    expect(claude(marks, cut.replace('"old"', '"m1"'))).toBe(2)
    expect(claude(marks, title + cut)).toBe(0)
    expect(claude(marks, '{"parentUuid":"old","isSi')).toBe(0)
    expect(claude(marks, '{"parentUuid":null,"isSi')).toBe(3)
    expect(claude(marks, '{"parentUuid":"ol')).toBe(3)
    expect(claude(marks, '{"message":{"parentUuid":"old",')).toBe(3)
    // A whole line that is broken is no beginning of a longer one.
    expect(claude(marks, `${cut}\n`)).toBe(3)
  })

  it('passes over what is no UTF-8', () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0x0a, ...encoder.encode(message('a', 'm0'))])
    expect(judge('claude', marks, bytes).seen).toBe(1)
  })

  it('reads marks from the last, once each, and no further than needed', () => {
    expect(judge('claude', marks, message('a', 'm1')).asked).toEqual([2, 1])
    expect(judge('claude', marks, message('a', 'old')).asked).toEqual([2, 1, 0])
    expect(judge('claude', marks, title).asked).toEqual([])
    expect(judge('claude', [], message('a', 'old'))).toEqual({ seen: 0, asked: [] })
  })

  it('does not judge again what earlier appends have shown to be read', () => {
    // The parent is the agent's own record, written between the marks.
    expect(judge('claude', marks, message('b', 'own'), 1)).toEqual({ seen: 1, asked: [2, 1] })
    expect(judge('claude', marks, message('b', 'own'), 3)).toEqual({ seen: 3, asked: [] })
  })
})

describe('Codex', () => {
  const row = (ordinal: number | null, more: Json = {}) =>
    line({
      timestamp: 't',
      ...(ordinal === null ? {} : { ordinal }),
      type: 'response_item',
      payload: {},
      ...more,
    })
  const marks = [row(10) + row(11), row(12), row(13) + row(14)]

  it.each<[string, string, number]>([
    ['goes on from the last', row(15), 3],
    ['goes on further', row(99), 3],
    ['goes on from before all', row(10), 0],
    ['goes on from the first', row(12), 1],
    ['goes on from the second', row(13) + row(14), 2],
    ['has no ordinals', row(null) + row(null), 3],
    ['begins without one', row(null) + row(12), 1],
    ['is garbage', 'x\n{"ordinal":"10"}\n', 3],
    ['is cut', '{"timestamp":"2026","ordinal":12,"type":"response_item","payload":{"x', 1],
  ])('an append that %s', (_, appended, expected) => {
    expect(judge('codex', marks, appended).seen).toBe(expected)
  })

  it('passes over marks without ordinals, and over those inside a payload', () => {
    const inside = row(null, { payload: { ordinal: 99 } })
    expect(judge('codex', [row(10), row(null)], row(10)).seen).toBe(0)
    expect(judge('codex', [row(10), row(null)], row(11)).seen).toBe(2)
    expect(judge('codex', [row(null), inside], row(3)).seen).toBe(2)
    expect(judge('codex', [row(10) + inside], row(10)).seen).toBe(0)
  })
})

describe('other formats', () => {
  it.each(['gemini', 'messages', 'lines', 'file', 'of-the-future'])('%s tells nothing', (format) => {
    expect(judge(format, [message('m0', 'old')], message('a', 'old'))).toEqual({ seen: 1, asked: [] })
  })
})

describe('properties', () => {
  afterEach(() => vi.restoreAllMocks())

  it('finds what an agent had read, however marks and titles are cut', () => {
    const mark = fc.record({ messages: fc.nat(3), titles: fc.nat(2) })
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 5 }), fc.nat(5), fc.nat(2), (shapes, read, noise) => {
        let leaf = 'old'
        const leaves: string[] = []
        const marks = shapes.map(({ messages, titles }, index) => {
          let text = title.repeat(titles)
          for (let i = 0; i < messages; i++) {
            const uuid = `m${index}-${i}`
            text += message(uuid, leaf)
            leaf = uuid
          }
          leaves.push(leaf)
          return text
        })
        const hasRead = Math.min(read, marks.length)
        const parent = hasRead === 0 ? 'old' : (leaves[hasRead - 1] ?? '')
        const unread = shapes.findIndex(({ messages }, index) => index >= hasRead && messages > 0)
        expect(claude(marks, title.repeat(noise) + message('a', parent))).toBe(
          unread === -1 ? marks.length : unread,
        )
      }),
    )
  })

  it('parses no more than a few times the bytes given, asks for each mark once, and always answers', () => {
    const parse = vi.spyOn(JSON, 'parse')
    const scrap = fc.oneof(
      fc.constantFrom(
        '\n',
        '{',
        '}',
        '"',
        '"uuid":"a"',
        '"uuid":"old",',
        '"type":"user"',
        '"ordinal":3',
        '\r\n',
        '\\',
      ),
      fc.constantFrom(
        message('a', 'old'),
        message('old', 'b'),
        message('b', 'c', { isMeta: true }),
        title,
        summary,
      ),
      fc.constantFrom(
        line({ type: 'progress', uuid: 'p', data: { uuid: 'old', more: [{ uuid: 'old' }, { uuid: 'c' }] } }),
      ),
      fc.string({ maxLength: 8 }),
    )
    const text = fc.array(scrap, { maxLength: 40 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        fc.constantFrom('claude', 'codex'),
        fc.array(text, { maxLength: 4 }),
        text,
        fc.nat(4),
        (format, marks, appended, known) => {
          parse.mockClear()
          const { seen, asked } = judge(format, marks, appended, known)
          expect(seen).toBeGreaterThanOrEqual(Math.min(known, marks.length))
          expect(seen).toBeLessThanOrEqual(marks.length)
          expect(asked).toEqual([...new Set(asked)].toSorted((a, b) => b - a))
          const parsed = parse.mock.calls.reduce((sum, [input]) => sum + input.length, 0)
          const given = appended.length + marks.join('').length
          // One pass over the append; over a mark one for each sign (at most 17) and one for its messages.
          expect(parsed).toBeLessThanOrEqual(18 * given)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('parses a line once for each sign, and heeds few signs', () => {
    const parse = vi.spyOn(JSON, 'parse')
    const parsed = () => parse.mock.calls.reduce((sum, [input]) => sum + input.length, 0)
    const uuids = Array.from({ length: 500 }, (_, i) => `leaf${i}`)
    const holding = (inside: readonly string[]) =>
      line({ type: 'progress', uuid: 'p', data: inside.map((uuid) => ({ uuid })) })

    expect(claude([holding(uuids.map(() => 'old'))], message('a', 'old'))).toBe(1)
    expect(parsed()).toBeLessThan(20_000)

    parse.mockClear()
    const leaves = uuids.map((leafUuid) => line({ type: 'last-prompt', leafUuid })).join('')
    expect(claude([holding(uuids)], leaves + message('a', 'old'))).toBe(1)
    expect(parsed()).toBeLessThan(300_000)
  })

  it('does not parse the large lines of a mark that cannot matter', () => {
    const large = 'x'.repeat(1 << 20)
    const marks = [
      line({ type: 'progress', uuid: 'p', data: large }) +
        message('m0', 'old') +
        message('m1', 'm0', { message: { content: large } }),
    ]
    const parse = vi.spyOn(JSON, 'parse')
    expect(claude(marks, message('a', 'old'))).toBe(0)
    expect(parse.mock.calls.reduce((sum, [input]) => sum + input.length, 0)).toBeLessThan(2000)
  })
})
