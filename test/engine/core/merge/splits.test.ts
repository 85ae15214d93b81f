import { describe, expect, it } from 'vitest'
import { claudeActive } from '../../../../src/engine/formats/claude-active-merge.js'
import { splitClaudeSession, splitClaudeTodos } from '../../../../src/engine/formats/claude-split.js'
import { splitCodexRollout } from '../../../../src/engine/formats/codex-split.js'
import { splitGeminiChat } from '../../../../src/engine/formats/gemini-split.js'
import { withString } from '../../../../src/engine/formats/json-field-split.js'
import { bytesOf } from './case.js'

const oldId = '11111111-1111-4111-8111-111111111111'
const newId = '22222222-2222-4222-8222-222222222222'
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

describe('changing one string of a line', () => {
  it.each([
    ['{"sessionId":"a","x":1.50}', '{"sessionId":"bb","x":1.50}'],
    [
      '{"x":{"sessionId":"a"},"y":["a",{"sessionId":"a"}],"sessionId" : "a"}',
      '{"x":{"sessionId":"a"},"y":["a",{"sessionId":"a"}],"sessionId" : "bb"}',
    ],
    [
      '{"t":"\\"sessionId\\":\\"a\\" }{","sessionId":"a"}',
      '{"t":"\\"sessionId\\":\\"a\\" }{","sessionId":"bb"}',
    ],
    ['{"sessionId":"other"}', '{"sessionId":"other"}'],
    ['{"t":"\\\\","sessionId":"a"', '{"t":"\\\\","sessionId":"bb"'],
    ['not json', 'not json'],
    ['{"t":"open', '{"t":"open'],
    ['', ''],
  ])('%s', (before, after) => {
    expect(text(withString(bytesOf(before), ['sessionId'], 'a', 'bb'))).toBe(after)
  })
})

describe('a branch as a session of its own', () => {
  it('Claude Code: the session, its subagents and its tool results', () => {
    const line = (id: string): Uint8Array =>
      bytesOf(`{"uuid":"u","sessionId":"${id}"}\nbroken\n{"type":"tag"}`)
    const files = [
      { path: `${oldId}.jsonl`, bytes: line(oldId) },
      { path: `${oldId}/subagents/agent-1.jsonl`, bytes: line(oldId) },
      { path: `${oldId}/subagents/agent-1.meta.json`, bytes: bytesOf('{}') },
      { path: `${oldId}/tool-results/a.jsonl`, bytes: line(oldId) },
      { path: 'agent-2.jsonl', bytes: line(oldId) },
    ]
    expect(splitClaudeSession(files, oldId, newId).map(({ path, bytes }) => [path, text(bytes)])).toEqual([
      [`${newId}.jsonl`, `${text(line(newId))}\n`],
      [`${newId}/subagents/agent-1.jsonl`, `${text(line(newId))}\n`],
      [`${newId}/subagents/agent-1.meta.json`, '{}'],
      [`${newId}/tool-results/a.jsonl`, text(line(oldId))],
    ])
    expect(splitClaudeTodos(`${oldId}-agent-${oldId}.json`, oldId, newId)).toBe(
      `${newId}-agent-${newId}.json`,
    )
    expect(splitClaudeTodos(`${oldId}-agent-x.json`, oldId, newId)).toBe(`${newId}-agent-x.json`)
    expect(splitClaudeTodos('other-agent-x.json', oldId, newId)).toBeNull()
  })

  it('Codex: the name and the first line, ordinals as they are', () => {
    const rest = `{"ordinal":1,"payload":{"id":"${oldId}"}}\n`
    const meta = (id: string): string =>
      `{"type":"session_meta","payload":{"session_id":"${id}","id":"${id}"}}\n`
    const split = splitCodexRollout(
      { path: `2026/rollout-t-${oldId}.jsonl`, bytes: bytesOf(meta(oldId) + rest) },
      oldId,
      newId,
    )
    expect(split.path).toBe(`2026/rollout-t-${newId}.jsonl`)
    expect(text(split.bytes)).toBe(meta(newId) + rest)
  })

  it('Gemini: the name and the id, as a document and as lines', () => {
    const document = splitGeminiChat(
      { path: 'h/chats/session-m-11111111.json', bytes: bytesOf(`{\n "sessionId": "${oldId}"\n}`) },
      oldId,
      newId,
    )
    expect([document.path, text(document.bytes)]).toEqual([
      'h/chats/session-m-22222222.json',
      `{\n "sessionId": "${newId}"\n}`,
    ])
    const lines = splitGeminiChat(
      { path: 'session-m-11111111.jsonl', bytes: bytesOf(`{"sessionId":"${oldId}"}\n{"id":"1"}\n`) },
      oldId,
      newId,
    )
    expect(text(lines.bytes)).toBe(`{"sessionId":"${newId}"}\n{"id":"1"}\n`)
  })
})

it('the active branch is that of the last message; orphans and open calls are named', () => {
  const use = '"message":{"content":[{"type":"tool_use","id":"t"}]}'
  const session = [
    '{"type":"user","uuid":"1","parentUuid":null}',
    `{"type":"assistant","uuid":"2","parentUuid":"1",${use}}`,
    '{"type":"user","uuid":"3","parentUuid":"gone"}',
    '{"type":"user","uuid":"4","parentUuid":"2","isSidechain":true}',
    'broken',
  ].join('\n')
  expect(claudeActive(bytesOf(session))).toEqual({ leaf: '3', orphans: ['3'], unanswered: [] })
  const open = session.split('\n').slice(0, 2).join('\n')
  expect(claudeActive(bytesOf(open))).toEqual({ leaf: '2', orphans: [], unanswered: ['t'] })
  const answer =
    '{"type":"user","uuid":"5","parentUuid":"2","message":{"content":[{"type":"tool_result","tool_use_id":"t"}]}}'
  expect(claudeActive(bytesOf(`${open}\n${answer}`)).unanswered).toEqual([])
})
