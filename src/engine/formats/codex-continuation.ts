import type { JsonObject } from './line-merge.js'
import { lineAround, parseText, textLines } from './text-lines.js'

/** `seenMarks` for Codex: ordinals go on from the last line that the writer has read. Lines without any tell nothing. */
export function codexSeen(
  appended: string,
  from: number,
  to: number,
  brought: (index: number) => string,
): number {
  const first = firstOrdinal(appended)
  if (first === null) return to
  let seen = to
  for (let index = to - 1; index >= from; index--) {
    const last = lastOrdinal(brought(index))
    if (last === null) continue
    // Ordinals ascend, so whoever has read this mark has read those before it.
    if (first > last) return seen
    seen = index
  }
  return seen
}

function firstOrdinal(text: string): number | null {
  for (const { line, isWhole } of textLines(text)) {
    const torn = isWhole ? undefined : /^\{"timestamp":"[^"\\]*","ordinal":(\d{1,15}),/.exec(line)?.[1]
    const ordinal = ordinalOf(parseText(line)) ?? (torn === undefined ? null : Number(torn))
    if (ordinal !== null) return ordinal
  }
  return null
}

function lastOrdinal(text: string): number | null {
  for (let at = text.lastIndexOf('"ordinal"'); at !== -1;) {
    const { line, start } = lineAround(text, at)
    const ordinal = ordinalOf(parseText(line))
    if (ordinal !== null || start === 0) return ordinal
    at = text.lastIndexOf('"ordinal"', start - 1)
  }
  return null
}

function ordinalOf(record: JsonObject | null): number | null {
  const ordinal = record?.['ordinal']
  return typeof ordinal === 'number' && Number.isSafeInteger(ordinal) ? ordinal : null
}
