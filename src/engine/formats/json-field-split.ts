/**
 * Changes one string value of a JSON line and leaves every other byte as it was: an agent's numbers, escapes and order
 * of keys survive, which parsing and writing again would not promise.
 */

const latin = new TextDecoder('latin1')

/** The line with the string at `path` (keys from the outside in) changed from `before` to `after`; else as it was. */
export function withString(
  line: Uint8Array,
  path: readonly string[],
  before: string,
  after: string,
): Uint8Array {
  // As Latin-1 every byte is one character, and no byte of a UTF-8 sequence looks like a quote or a brace.
  const text = latin.decode(line)
  const at = valueAt(text, path)
  const quoted = JSON.stringify(before)
  if (at === -1 || !text.startsWith(quoted, at)) return line
  const value = new TextEncoder().encode(JSON.stringify(after))
  const changed = new Uint8Array(line.length - quoted.length + value.length)
  changed.set(line.subarray(0, at))
  changed.set(value, at)
  changed.set(line.subarray(at + quoted.length), at + value.length)
  return changed
}

/** Where the value at a path begins; -1 where there is none. */
function valueAt(text: string, path: readonly string[]): number {
  let from = skipSpace(text, 0)
  for (const key of path) {
    if (text[from] !== '{') return -1
    from = memberAt(text, from, key)
    if (from === -1) return -1
  }
  return from
}

function memberAt(text: string, object: number, key: string): number {
  let at = skipSpace(text, object + 1)
  while (text[at] === '"') {
    const end = stringEnd(text, at)
    if (end === -1) return -1
    const isKey = text.slice(at, end) === JSON.stringify(key)
    at = skipSpace(text, end)
    if (text[at] !== ':') return -1
    at = skipSpace(text, at + 1)
    if (isKey) return at
    at = skipSpace(text, valueEnd(text, at))
    if (text[at] !== ',') return -1
    at = skipSpace(text, at + 1)
  }
  return -1
}

function valueEnd(text: string, from: number): number {
  if (text[from] === '"') return stringEnd(text, from)
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      at = stringEnd(text, at) - 1
      if (at < 0) return text.length
    } else if (char === '{' || char === '[') {
      depth++
    } else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth--
    } else if (char === ',' && depth === 0) {
      return at
    }
  }
  return text.length
}

/** Behind the closing quote; -1 where there is none. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return -1
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++
  return at
}
