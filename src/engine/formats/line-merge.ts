import type { LineFacts } from '../core/merge/types.js'

const decoder = new TextDecoder('utf-8', { fatal: true })

export type JsonObject = Readonly<Record<string, unknown>>

/** The object that a line holds; null where it holds none. */
export function parseLine(line: Uint8Array): JsonObject | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(line))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether bytes are one JSON document, or JSON lines of which the last ends. */
export function isWholeJson(content: Uint8Array): boolean {
  if (content.length === 0) return false
  if (parses(content)) return true
  if (content.at(-1) !== 10) return false
  let from = 0
  for (;;) {
    const at = content.indexOf(10, from)
    if (at === -1) return true
    if (at > from && !parses(content.subarray(from, at))) return false
    from = at + 1
  }
}

export function textField(object: JsonObject | null | undefined, ...names: string[]): string | null {
  for (const name of names) {
    const value = object?.[name]
    if (typeof value === 'string') return value
  }
  return null
}

/** The readable text of a message's content: a string, or a list of parts. */
export function contentText(content: unknown): string | null {
  if (typeof content === 'string') return oneLine(content)
  if (!Array.isArray(content)) return null
  for (const part of content as unknown[]) {
    if (!isObject(part)) continue
    const text = textField(part, 'text')
    if (text) return oneLine(text)
    if (part['type'] === 'tool_use') return `[${textField(part, 'name') ?? 'tool'}]`
  }
  return null
}

/** At most 200 characters, on one line. */
export function oneLine(text: string): string | null {
  const line = text.replace(/\s+/g, ' ').trim()
  return line === '' ? null : line.slice(0, 200)
}

export function lineFacts(id: string | null, text: string | null): LineFacts {
  return { id, text }
}

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes))
    return true
  } catch {
    return false
  }
}
