import type { Content, Span } from './model.js'

/**
 * Gives equal bytes one `Content`. The hash only finds candidates: bytes are the same when they were compared, so that
 * nobody can make two lines one by forging a hash.
 */
export class ContentTable {
  readonly #byHash = new Map<number, Content[]>()

  /** undefined where these bytes were never met. */
  find(bytes: Uint8Array, hash = hashBytes(bytes)): Content | undefined {
    const bucket = this.#byHash.get(hash)
    return bucket?.find((content) => content.length === bytes.length && equals(content.spans, bytes))
  }

  intern(bytes: Uint8Array, spans: readonly Span[]): Content {
    const hash = hashBytes(bytes)
    const known = this.find(bytes, hash)
    if (known) return known
    const bucket = this.#byHash.get(hash)
    const content: Content = { length: bytes.length, hash, spans, items: [] }
    if (bucket) bucket.push(content)
    else this.#byHash.set(hash, [content])
    return content
  }
}

/** 52 bits in two lanes. No defence against an adversary, and none is needed: see `ContentTable`. */
export function hashBytes(bytes: Uint8Array): number {
  let a = 0x811c9dc5 ^ bytes.length
  let b = 0x9747b28c
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    a = Math.imul(a ^ word, 0x01000193)
    a ^= a >>> 15
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(word, 0xcc9e2d51)
  }
  for (; at < bytes.length; at++) {
    a = Math.imul(a ^ (bytes[at] as number), 0x01000193)
    b = Math.imul(b ^ (bytes[at] as number), 0x85ebca6b)
  }
  b ^= b >>> 16
  a ^= a >>> 13
  return (a >>> 0) * 0x100000 + ((b >>> 0) & 0xfffff)
}

/** The bytes that spans name; a view of the event's own where there is one span. */
export function readSpans(spans: readonly Span[]): Uint8Array {
  const [only] = spans
  if (spans.length === 1 && only?.node) return only.node.bytes.subarray(only.from, only.from + only.length)
  const joined = new Uint8Array(spans.reduce((sum, span) => sum + span.length, 0))
  let at = 0
  for (const { node, from, length } of spans) {
    if (node) joined.set(node.bytes.subarray(from, from + length), at)
    else joined.fill(10, at, at + length)
    at += length
  }
  return joined
}

function equals(spans: readonly Span[], bytes: Uint8Array): boolean {
  let at = 0
  for (const { node, from, length } of spans) {
    for (let index = 0; index < length; index++, at++) {
      if ((node ? node.bytes[from + index] : 10) !== bytes[at]) return false
    }
  }
  return at === bytes.length
}
