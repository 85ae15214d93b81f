/** A run of bytes of a file's text that is not known here, in the positions of whoever has the file. */
export interface Gap {
  readonly from: number
  readonly length: number
}

/** Where byte `at` stands in the text without its gaps. A byte within a gap stands where the gap is. */
export function withoutGaps(gaps: readonly Gap[], at: number): number {
  return gaps.reduce((left, { from, length }) => left - Math.min(length, Math.max(0, at - from)), at)
}

/** The gaps of the first `keep` bytes. */
export function cutGaps(gaps: readonly Gap[], keep: number): Gap[] {
  return gaps.flatMap(({ from, length }) =>
    from < keep ? [{ from, length: Math.min(length, keep - from) }] : [],
  )
}

/** Gaps with those that come behind them; empty ones are left out, touching ones joined. */
export function joinGaps(before: readonly Gap[], behind: readonly Gap[]): Gap[] {
  const joined: Gap[] = []
  for (const gap of [...before, ...behind]) {
    const last = joined.at(-1)
    if (gap.length === 0) continue
    if (last && last.from + last.length === gap.from)
      joined[joined.length - 1] = { from: last.from, length: last.length + gap.length }
    else joined.push(gap)
  }
  return joined
}
