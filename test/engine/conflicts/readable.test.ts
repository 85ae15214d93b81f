import { describe, expect, it } from 'vitest'
import { branchPage, pageMaxRecords } from '../../../src/engine/conflicts/branch-page.js'
import { splitSessionId } from '../../../src/engine/conflicts/conflict-id.js'
import { conflictLines } from '../../../src/engine/conflicts/own-lines.js'
import { messageMaxChars, parsedMaxBytes, readableLine } from '../../../src/engine/conflicts/readable.js'
import { isSplittable } from '../../../src/engine/conflicts/split-session.js'
import { linesBefore, textLines } from '../../../src/engine/conflicts/text-lines.js'
import type { Message } from '../../../src/engine/conflicts/types.js'
import { mergeFormatOf } from '../../../src/engine/formats/rules-merge.js'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { hands } from '../core/merge/case.js'
import { viewOf } from '../core/merge/laws.js'

const hasher = await createHasher()
const read = (format: string, line: unknown, clashes: string[] = []): Message =>
  readableLine(
    format,
    typeof line === 'string' ? Buffer.from(line) : Buffer.from(JSON.stringify(line)),
    undefined,
    clashes,
  )

const said = ({ role, text, tools }: Message): string =>
  [role, text, ...tools.map(({ name, detail }) => `${name}(${detail})`)].join(' | ')

describe('a record as a person reads it', () => {
  const use = { type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls  -la\n/tmp', timeout: 1 } }
  const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'a.txt' }] }
  it.each([
    ['claude', { type: 'user', message: { content: 'hello' } }, 'user | hello'],
    [
      'claude',
      {
        type: 'assistant',
        message: { content: [{ type: 'thinking', thinking: 'hm' }, { type: 'text', text: 'yes' }, use] },
      },
      'assistant | hm\nyes | Bash(ls -la /tmp)',
    ],
    ['claude', { type: 'user', message: { content: [result] } }, 'tool | a.txt'],
    ['claude', { type: 'summary', summary: 'about', leafUuid: 'x' }, 'summary | about'],
    ['claude', { type: 'file-history-snapshot' }, 'file-history-snapshot | '],
    [
      'codex',
      {
        type: 'response_item',
        payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      },
      'user | hi',
    ],
    [
      'codex',
      {
        type: 'response_item',
        payload: { type: 'function_call', name: 'shell', arguments: '{"command":["ls","-l"]}' },
      },
      'assistant |  | shell(ls -l)',
    ],
    [
      'codex',
      { type: 'response_item', payload: { type: 'function_call_output', output: 'done' } },
      'tool | done',
    ],
    ['codex', { type: 'event_msg', payload: { type: 'user_message', message: 'go' } }, 'user | go'],
    ['codex', { type: 'session_meta', payload: { id: 'x', cwd: '/code' } }, 'session_meta | /code'],
    [
      'gemini',
      { id: '1', type: 'gemini', content: 'sure', toolCalls: [{ name: 'read_file', args: { path: 'a' } }] },
      'assistant | sure | read_file(a)',
    ],
    ['gemini', { id: '1', type: 'user', content: [{ text: 'please' }] }, 'user | please'],
    [
      'messages',
      { sender: 'planner', topic: 'work', content: 'take it', message_id: 'm' },
      'planner | [work] take it',
    ],
    ['lines', { level: 'info' }, 'record | {"level":"info"}'],
    ['lines', 'plain text', 'line | plain text'],
    ['claude', 'plain text', 'malformed | plain text'],
    ['claude', '', 'malformed | '],
  ])('%s %#', (format, line, expected) => {
    expect(said(read(format, line))).toBe(expected)
  })

  it('is marked where its id stands for something else as well', () => {
    const line = { type: 'user', uuid: 'u1', timestamp: '2026-01-01T00:00:00Z', message: { content: 'x' } }
    expect(read('claude', line, ['u1'])).toMatchObject({ clash: true, id: 'u1', time: line.timestamp })
    expect(read('claude', line)).toMatchObject({ clash: false, malformed: false })
  })

  it.each([
    ['a field of another type', { type: 7, uuid: {}, message: 'x', timestamp: [] }],
    [
      'a list as content of lists',
      { type: 'user', message: { content: [[], null, 1, { type: 'tool_use' }] } },
    ],
    ['endless roles', { type: 'x'.repeat(10_000), uuid: 'y'.repeat(10_000), timestamp: 'z'.repeat(10_000) }],
    ['a thousand tools', { type: 'user', message: { content: Array.from({ length: 1000 }, () => use) } }],
  ])('is bounded and of one shape whatever comes: %s', (_, line) => {
    for (const format of ['claude', 'codex', 'gemini', 'messages', 'lines', 'unknown']) {
      const { role, time, text, id, tools } = read(format, line)
      expect([typeof role, typeof text]).toEqual(['string', 'string'])
      expect(Math.max(role.length, text.length, id?.length ?? 0, time?.length ?? 0)).toBeLessThanOrEqual(
        messageMaxChars,
      )
      expect(tools.length).toBeLessThanOrEqual(50)
    }
  })

  it('is cut where it is long, and says by how much', () => {
    const long = read('claude', { type: 'user', message: { content: 'x'.repeat(1_000_000) } })
    expect([long.text.length, long.cut]).toEqual([messageMaxChars, 1_000_000 - messageMaxChars])
    const raw = readableLine('claude', Buffer.alloc(1000, 'x'), parsedMaxBytes + 1)
    expect(raw).toMatchObject({ malformed: false, bytes: parsedMaxBytes + 1, cut: parsedMaxBytes + 1 - 1000 })
  })

  it('shows bytes that are no text as what they are not', () => {
    const broken = readableLine('lines', Buffer.from([0xff, 0xfe, 0, 65]))
    expect(broken).toMatchObject({ role: 'malformed', malformed: true, text: '\ufffd\ufffd\0A' })
  })
})

describe('a branch in pages', () => {
  const format = mergeFormatOf('lines', 'a.log')
  const long = (name: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${name} ${i} ${'x'.repeat(2000)}\n`).join('')

  it('has for its own what it says more often than the others', () => {
    const { a, b, all: events } = hands()
    for (const host of [a, b]) host.append('{"id":"m"}\n')
    a.append('{"id":"x"}\n{"id":"x"}\n')
    b.append('{"id":"y"}\n{"id":"x"}\n')
    const view = viewOf(mergeFormatOf('messages', 'a.jsonl'), events)
    const [conflict] = view.conflicts()
    if (!conflict) throw new Error('no conflict')
    const { branches } = conflictLines(view, conflict, 'records', hasher)
    const shown = branches.map((branch) =>
      branchPage(view, branch, { from: 0, limit: 9 }, { format: 'messages', clashes: [] }).messages.map(
        ({ id }) => id,
      ),
    )
    expect(shown.map((ids) => ids.join()).toSorted()).toEqual(['x', 'y'])
    expect(conflict.branches.map(({ records }) => records)).toEqual([1, 1])
  })

  it('is never shown at once, and every record is on some page', () => {
    const { a, b, all: events } = hands()
    for (const host of [a, b]) host.append('start\n')
    a.append(long('a', 700))
    b.append(long('b', 3))
    const view = viewOf(format, events)
    const [conflict] = view.conflicts()
    if (!conflict) throw new Error('no conflict')
    const lines = conflictLines(view, conflict, 'ordered', hasher)
    const branch = lines.branches.find(({ own }) => own.length > 3)
    if (!branch) throw new Error('no long branch')
    const seen: string[] = []
    for (;;) {
      const page = branchPage(
        view,
        branch,
        { from: seen.length, limit: 10_000 },
        { format: 'lines', clashes: [] },
      )
      expect(page.total).toBe(700)
      expect(page.messages.length).toBeLessThanOrEqual(pageMaxRecords)
      if (page.messages.length === 0) break
      seen.push(...page.messages.map(({ text }) => text.split(' ')[1] ?? ''))
    }
    expect(seen).toEqual(Array.from({ length: 700 }, (_, i) => String(i)))
    const text = branch.text
    const all = [...textLines(view, text, hasher)]
    expect(all.map(({ from, to }) => to - from).reduce((sum, each) => sum + each + 1, 0)).toBe(text.length)
    expect(linesBefore(view, text, text.length, 2)).toEqual(
      all.slice(-2).map(({ from, to }) => ({ from, to })),
    )
    expect(linesBefore(view, text, 6, 9)).toEqual([{ from: 0, to: 5 }])
  })
})

describe('splitting', () => {
  const stream = { key: 'k', root: 'claude', project: '', folder: '' }
  const id = '11111111-1111-4111-8111-111111111111'
  it.each([
    ['claude', id, `${id}.jsonl`, true],
    ['claude', 'agent-1', `${id}/subagents/agent-1.jsonl`, false],
    ['claude', id, `${id}.meta.json`, false],
    ['codex', id, `rollout-2026-01-02T03-04-05-${id}.jsonl`, true],
    ['codex', id, `rollout-2026-01-02T03-04-05-${id}.jsonl.zst`, false],
    ['gemini', '0123abcd', 'session-2026-01-02T03-04-0123abcd.json', true],
    ['gemini', 'logs', 'logs.json', false],
    ['lines', 'a', 'a.log', true],
    ['file', 'a', 'a.json', false],
  ])('%s %s %s: %s', (format, session, rest, expected) => {
    expect(isSplittable({ ...stream, format, session, rest })).toBe(expected)
  })

  it('gives ids that look like any other and stay the same', () => {
    const made = splitSessionId(hasher, 'c', 'h')
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(splitSessionId(hasher, 'c', 'h')).toBe(made)
    expect(splitSessionId(hasher, 'c', 'i')).not.toBe(made)
  })
})
