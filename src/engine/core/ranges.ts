/** Offsets `[from, to)`: `to` is not one of them. */
export interface OffsetRange {
  readonly from: number
  readonly to: number
}

/**
 * Arithmetic on sets of offsets. A `Ranges` is in normal form: sorted, disjoint, never touching, none empty. All
 * functions but `toRanges` expect that form and give it back; none changes what it was given.
 */
export type Ranges = readonly OffsetRange[]

/** The normal form of any ranges: sorted and joined, empty ones left out. */
export function toRanges(ranges: Iterable<OffsetRange>): Ranges {
  const sorted = [...ranges].filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)
  const joined: OffsetRange[] = []
  for (const range of sorted) {
    const last = joined.at(-1)
    if (last && range.from <= last.to) {
      if (range.to > last.to) joined[joined.length - 1] = { from: last.from, to: range.to }
    } else joined.push({ from: range.from, to: range.to })
  }
  return joined
}

/** Whether the ranges are in normal form, with offsets that are whole and not negative. */
export function areNormal(ranges: Ranges): boolean {
  let end = -1
  for (const { from, to } of ranges) {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from <= end || from >= to) return false
    end = to
  }
  return true
}

/** Offsets of either. */
export function union(a: Ranges, b: Ranges): Ranges {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const last = a.at(-1)
  const [first] = b
  // What grows at its end, the common case, needs no sorting.
  if (last && first && b.length === 1 && first.from >= last.from) {
    if (first.from > last.to) return [...a, first]
    return first.to <= last.to ? a : [...a.slice(0, -1), { from: last.from, to: first.to }]
  }
  return toRanges([...a, ...b])
}

/** Offsets of both. */
export function intersection(a: Ranges, b: Ranges): Ranges {
  const common: OffsetRange[] = []
  let i = 0
  let j = 0
  for (let x = a[i], y = b[j]; x && y; x = a[i], y = b[j]) {
    const from = Math.max(x.from, y.from)
    const to = Math.min(x.to, y.to)
    if (from < to) common.push({ from, to })
    if (x.to < y.to) i += 1
    else j += 1
  }
  return common
}

/** Offsets of `a` that are not of `b`. */
export function difference(a: Ranges, b: Ranges): Ranges {
  const left: OffsetRange[] = []
  let j = 0
  for (const range of a) {
    let from = range.from
    for (let y = b[j]; y && y.from < range.to; y = b[j]) {
      if (from < y.from) left.push({ from, to: y.from })
      from = Math.max(from, y.to)
      if (y.to > range.to) break
      j += 1
    }
    if (from < range.to) left.push({ from, to: range.to })
  }
  return left
}

/** Whether the offset is in the set. */
export function contains(ranges: Ranges, offset: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const range = ranges[middle]
    if (range && range.to <= offset) low = middle + 1
    else high = middle
  }
  const range = ranges[low]
  return range !== undefined && range.from <= offset
}

/** Number of offsets. */
export function countOf(ranges: Ranges): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}

export function sameRanges(a: Ranges, b: Ranges): boolean {
  return a.length === b.length && a.every((range, i) => range.from === b[i]?.from && range.to === b[i].to)
}
