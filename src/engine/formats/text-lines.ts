import { isObject, type JsonObject } from './line-merge.js'

/** The lines of a text, and whether each had its newline. One by one: a text may hold very many. */
export function* textLines(text: string): Generator<{ readonly line: string; readonly isWhole: boolean }> {
  for (let from = 0; from < text.length;) {
    const newlineAt = text.indexOf('\n', from)
    const end = newlineAt === -1 ? text.length : newlineAt
    yield { line: text.slice(from, end), isWhole: newlineAt !== -1 }
    from = end + 1
  }
}

/** The line that holds this position of a text, and where it begins. */
export function lineAround(text: string, at: number): { readonly line: string; readonly start: number } {
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
  const newlineAt = text.indexOf('\n', at)
  return { line: text.slice(start, newlineAt === -1 ? text.length : newlineAt), start }
}

/** The object that a line of text holds; null where it is torn, glued, or none. */
export function parseText(line: string): JsonObject | null {
  if (!/^\s*\{/.test(line)) return null
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
