import { isObject, parseLine, textField, type JsonObject } from '../formats/line-merge.js'
import type { Message, ToolCall } from './types.js'

/** The most of one record's text that is shown, in characters. */
export const messageMaxChars = 4000
/** A line longer than this is not taken apart. */
export const parsedMaxBytes = 8 * 1024 * 1024
const detailMaxChars = 200
const toolsMax = 50

interface Parts {
  readonly role: string
  readonly time: string | null
  readonly text: string
  readonly tools?: readonly ToolCall[]
  readonly id: string | null
}

/**
 * A line of a session file as a person reads it.
 * @param line all of it, or its beginning where it is longer than `parsedMaxBytes`
 * @param bytes how long it is
 */
export function readableLine(
  format: string,
  line: Uint8Array,
  bytes = line.length,
  clashes: readonly string[] = [],
): Message {
  const record = bytes > parsedMaxBytes ? null : parseLine(line)
  const parts = record && partsOf(format, record)
  if (!parts) {
    // Only as much as is shown: a line may be megabytes of anything.
    const text = new TextDecoder().decode(line.subarray(0, messageMaxChars * 4))
    const isText = (format === 'lines' || format === 'file') && !/[\0\ufffd]/.test(text)
    const shown = text.slice(0, messageMaxChars)
    const cut = Math.max(
      0,
      (bytes <= line.length ? new TextDecoder().decode(line).length : bytes) - shown.length,
    )
    return asMessage({ role: isText ? 'line' : 'malformed', time: null, text: shown, id: null }, bytes, cut, {
      clash: false,
      malformed: !isText && bytes <= parsedMaxBytes,
    })
  }
  const shown = parts.text.slice(0, messageMaxChars)
  const clash = parts.id !== null && clashes.includes(parts.id)
  return asMessage({ ...parts, text: shown }, bytes, parts.text.length - shown.length, {
    clash,
    malformed: false,
  })
}

function asMessage(
  { role, time, text, tools = [], id }: Parts,
  bytes: number,
  cut: number,
  marks: { readonly clash: boolean; readonly malformed: boolean },
): Message {
  return {
    role: role.slice(0, detailMaxChars),
    time: time === null ? null : time.slice(0, 64),
    text,
    cut,
    tools: tools.slice(0, toolsMax),
    id: id === null ? null : id.slice(0, detailMaxChars),
    ...marks,
    bytes,
  }
}

function partsOf(format: string, record: JsonObject): Parts {
  switch (format) {
    case 'claude':
      return claudeParts(record)
    case 'codex':
      return codexParts(record)
    case 'gemini':
      return geminiParts(record)
    default:
      return plainParts(record)
  }
}

function claudeParts(record: JsonObject): Parts {
  const type = textField(record, 'type') ?? 'record'
  const message = isObject(record['message']) ? record['message'] : null
  const content = message ? message['content'] : record['content']
  const { text, tools, isResult } = contentParts(content)
  const other =
    textField(record, 'summary', 'customTitle', 'title', 'lastPrompt', 'operation', 'subtype') ?? ''
  return {
    role: isResult ? 'tool' : type,
    time: textField(record, 'timestamp'),
    text: text || (tools.length > 0 ? '' : other),
    tools,
    id: textField(record, 'uuid'),
  }
}

function codexParts(record: JsonObject): Parts {
  const type = textField(record, 'type') ?? 'record'
  const payload = isObject(record['payload']) ? record['payload'] : {}
  const kind = textField(payload, 'type') ?? type
  const common = { time: textField(record, 'timestamp'), id: null }
  if (kind.endsWith('_call')) {
    const name = textField(payload, 'name') ?? kind
    const detail = detailOf(payload['arguments'] ?? payload['action'] ?? payload['input'])
    return { ...common, role: 'assistant', text: '', tools: [{ name, detail }] }
  }
  if (kind.endsWith('_output')) return { ...common, role: 'tool', text: outputText(payload['output']) }
  const { text } = contentParts(payload['content'] ?? payload['summary'])
  const role = textField(payload, 'role') ?? (kind === 'user_message' ? 'user' : kind)
  return { ...common, role, text: text || (textField(payload, 'message', 'text', 'cwd') ?? '') }
}

function geminiParts(record: JsonObject): Parts {
  const type = textField(record, 'type', 'role') ?? (isObject(record['$set']) ? '$set' : 'record')
  const { text, tools } = contentParts(record['content'])
  const calls = Array.isArray(record['toolCalls']) ? (record['toolCalls'] as unknown[]).filter(isObject) : []
  const called = calls.map((call) => ({
    name: textField(call, 'name', 'displayName') ?? 'tool',
    detail: detailOf(call['args']),
  }))
  return {
    role: type === 'gemini' || type === 'model' ? 'assistant' : type,
    time: textField(record, 'timestamp', 'lastUpdated', 'startTime'),
    text: text || (textField(record, 'message', 'text', 'summary') ?? ''),
    tools: [...tools, ...called],
    id: textField(record, 'id'),
  }
}

/** Message logs, and whatever else has lines of JSON. */
function plainParts(record: JsonObject): Parts {
  const { text } = contentParts(record['content'])
  const topic = textField(record, 'topic')
  const said = text || (textField(record, 'text', 'message', 'body') ?? '')
  return {
    role: textField(record, 'sender', 'role', 'from', 'type') ?? 'record',
    time: textField(record, 'timestamp', 'time', 'ts', 'date'),
    text: said === '' ? JSON.stringify(record) : topic === null ? said : `[${topic}] ${said}`,
    id: textField(record, 'message_id', 'id', 'uuid'),
  }
}

/** A message's content: a string, or a list of parts. */
function contentParts(content: unknown): { text: string; tools: ToolCall[]; isResult: boolean } {
  if (typeof content === 'string') return { text: content, tools: [], isResult: false }
  const texts: string[] = []
  const tools: ToolCall[] = []
  let isResult = false
  for (const part of Array.isArray(content) ? (content as unknown[]) : []) {
    if (typeof part === 'string') texts.push(part)
    if (!isObject(part)) continue
    const type = textField(part, 'type')
    if (type === 'tool_use')
      tools.push({ name: textField(part, 'name') ?? 'tool', detail: detailOf(part['input']) })
    else if (type === 'tool_result') {
      isResult = true
      texts.push(outputText(part['content']))
    } else if (type === 'image' || type === 'document') texts.push(`[${type}]`)
    else texts.push(textField(part, 'text', 'thinking') ?? '')
  }
  return { text: texts.filter((text) => text !== '').join('\n'), tools, isResult }
}

function outputText(output: unknown): string {
  if (typeof output === 'string') return output
  if (Array.isArray(output)) return contentParts(output).text
  if (isObject(output)) return textField(output, 'content', 'output', 'text') ?? JSON.stringify(output)
  return ''
}

const telling = ['command', 'file_path', 'path', 'pattern', 'query', 'url', 'description', 'prompt', 'cmd']

/** What of a tool's arguments says most, on one line. */
function detailOf(input: unknown): string {
  const value: unknown = typeof input === 'string' ? (parseLine(Buffer.from(input)) ?? input) : input
  if (typeof value === 'string') return oneLine(value)
  if (!isObject(value)) return ''
  const said = textField(value, ...telling)
  const list = value['command']
  if (said === null && Array.isArray(list)) return oneLine(list.map(String).join(' '))
  return oneLine(said ?? JSON.stringify(value))
}

function oneLine(text: string): string {
  return text
    .slice(0, detailMaxChars * 4)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, detailMaxChars)
}
