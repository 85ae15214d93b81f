import type { OffsetRange } from '../engine/ports/log.js'

/** Ranges of offsets. What is returned is sorted, disjoint, and never touches; what is given is sorted and disjoint. */

/** What of `[0, end)` is in none of the ranges. */
export function complement(ranges: readonly OffsetRange[], end: number): OffsetRange[] {
  return subtract([{ from: 0, to: end }], ranges)
}

export function subtract(ranges: readonly OffsetRange[], without: readonly OffsetRange[]): OffsetRange[] {
  const left: OffsetRange[] = []
  for (const range of ranges) {
    let { from } = range
    for (const hole of without) {
      if (hole.to <= from || hole.from >= range.to) continue
      if (hole.from > from) left.push({ from, to: hole.from })
      from = hole.to
    }
    if (from < range.to) left.push({ from, to: range.to })
  }
  return joined(left)
}

export function intersect(a: readonly OffsetRange[], b: readonly OffsetRange[]): OffsetRange[] {
  const both = a.flatMap((x) =>
    b.flatMap((y) => {
      const range = { from: Math.max(x.from, y.from), to: Math.min(x.to, y.to) }
      return range.from < range.to ? [range] : []
    }),
  )
  return joined(both)
}

/** Any ranges, in any order, as one sorted set. */
export function joined(ranges: readonly OffsetRange[]): OffsetRange[] {
  const merged: OffsetRange[] = []
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, to) }
    else if (from < to) merged.push({ from, to })
  }
  return merged
}

export function size(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}
