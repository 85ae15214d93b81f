import { claudeSeen } from './claude-continuation.js'
import { codexSeen } from './codex-continuation.js'

/** Bytes `[from, to)` of a file, brought by writes of ours. */
export interface MarkRange {
  readonly from: number
  readonly to: number
}

/**
 * How many of the marks, from the first, the writer of an append had read: an agent that has the file in memory goes on
 * from what it knows, and what we brought meanwhile is then a branch of its own beside it. Without a sign to the
 * contrary everything counts as read: only Claude Code's records name their parents, and some Codex lines a number.
 * Costs time in proportion to the bytes given.
 *
 * A parent between two marks, the agent's own line, can't be told from one before both: the answer then says how far
 * this append itself shows it, and may be less than what the append before it showed. `known` keeps it from that.
 *
 * @param format the format's name
 * @param appended the first bytes of what was appended; may begin and end within a line, and may be anything
 * @param marks what writes of ours brought before it, ascending
 * @param brought the bytes of a mark; asked at most once for each, from the last, and only as far as needed. They are
 *   read at once, so that a buffer may be used again
 * @param known how many marks earlier appends have shown to be read; these are not judged again
 */
export function seenMarks(
  format: string,
  appended: Uint8Array,
  marks: readonly MarkRange[],
  brought: (index: number) => Uint8Array,
  known = 0,
): number {
  if (known >= marks.length) return marks.length
  const decoder = new TextDecoder()
  const textOf = (index: number): string => {
    const mark = marks[index]
    return mark === undefined || mark.to <= mark.from ? '' : decoder.decode(brought(index))
  }
  switch (format) {
    case 'claude':
      return claudeSeen(decoder.decode(appended), known, marks.length, textOf)
    case 'codex':
      return codexSeen(decoder.decode(appended), known, marks.length, textOf)
    default:
      return marks.length
  }
}
