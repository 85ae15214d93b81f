import type { EventRef, Piece } from '../core/event.js'
import { pieceLength, prefix, sharedLength, suffix, type Content } from '../core/replay-plan.js'
import type { LogReader } from '../ports/log.js'
import { contentBytes } from '../replay/content.js'
import { matchingBytes } from '../record/common-prefix.js'

/** What is to be put into a file so that it becomes its target. */
export interface WritePlan {
  /** add: the file is a prefix of its target. replace: a new file takes its place. */
  readonly how: 'none' | 'add' | 'replace'
  readonly keep: number
  readonly pieces: readonly Piece[]
  readonly length: number
  readonly heads: readonly EventRef[]
}

export function contentOf(pieces: readonly Piece[]): Content {
  return { pieces, length: pieces.reduce((sum, piece) => sum + pieceLength(piece), 0) }
}

/**
 * How a file that holds `own` becomes `target`. Where it is replaced, what it keeps ends with a line: a `written` that
 * begins within one could not be told from half a record.
 */
export async function planWrite(
  reader: LogReader,
  own: Content,
  target: Content,
  heads: readonly EventRef[],
): Promise<WritePlan> {
  const common = await commonBytes(reader, own, target)
  const same = common === own.length && common === target.length
  const { length } = target
  if (same) return { how: 'none', keep: length, pieces: [], length, heads }
  if (common === own.length)
    return { how: 'add', keep: common, pieces: suffix(target, common).pieces, length, heads }
  const keep = await lastLineEnd(reader, prefix(target, common))
  return { how: 'replace', keep, pieces: suffix(target, keep).pieces, length, heads }
}

/** How many bytes two contents have in common from their start, whatever events they come from. */
export async function commonBytes(reader: LogReader, a: Content, b: Content): Promise<number> {
  let common = sharedLength(a, b)
  const others = chunks(reader, suffix(b, common))
  let other: Uint8Array = new Uint8Array()
  for await (let bytes of chunks(reader, suffix(a, common))) {
    while (bytes.length > 0) {
      if (other.length === 0) {
        const step = await others.next()
        if (step.done) return common
        other = step.value
      }
      const length = Math.min(bytes.length, other.length)
      const same = matchingBytes(bytes.subarray(0, length), other.subarray(0, length))
      common += same
      if (same < length) return common
      bytes = bytes.subarray(length)
      other = other.subarray(length)
    }
  }
  return common
}

/** Without empty ones. */
async function* chunks(reader: LogReader, content: Content): AsyncGenerator<Uint8Array> {
  for await (const bytes of contentBytes(reader, content)) if (bytes.length > 0) yield bytes
}

/** How much of a content is whole lines: up to and with its last newline. */
export async function lastLineEnd(reader: LogReader, content: Content): Promise<number> {
  let end = content.length
  for (const piece of content.pieces.toReversed()) {
    if ('newlines' in piece) return end
    const at = (await reader.bytes(piece)).lastIndexOf(0x0a)
    if (at !== -1) return end - piece.length + at + 1
    end -= piece.length
  }
  return 0
}
