import { formatDuration, formatTime } from '../../cli/format.js'

/** From and up to but excluding these moments, in ms since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
}

const minute = 60_000
const day = 24 * 60 * minute

export const presets: readonly { readonly label: string; readonly ms: number | null }[] = [
  { label: 'All', ms: null },
  { label: '30 days', ms: 30 * day },
  { label: '7 days', ms: 7 * day },
  { label: '24 hours', ms: day },
  { label: '1 hour', ms: 60 * minute },
]

const leastMs = 1_000
const mostMs = 100 * 365 * day

/** As wide, later by this share of its width. */
export function moved({ from, to }: Span, share: number): Span {
  const by = Math.round((to - from) * share)
  const start = Math.max(0, from + by)
  return { from: start, to: start + to - from }
}

/** Around the same middle, so many times as wide. */
export function zoomed({ from, to }: Span, times: number): Span {
  const width = Math.max(leastMs, Math.min(Math.round((to - from) * times), mostMs))
  const start = Math.max(0, Math.round((from + to - width) / 2))
  return { from: start, to: start + width }
}

export function windowWords({ from, to }: Span): string {
  const [a, b] = [formatTime(from), formatTime(to)]
  return a.slice(0, 10) === b.slice(0, 10) ? `${a} – ${b.slice(11)}` : `${a} – ${b}`
}

export function stepWords(ms: number): string {
  return formatDuration(ms)
}

const tickSteps = [
  1_000,
  5_000,
  15_000,
  minute,
  5 * minute,
  15 * minute,
  60 * minute,
  3 * 60 * minute,
  6 * 60 * minute,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
  91 * day,
  365 * day,
  3650 * day,
]

/** Round moments of local time in a span, at most about `most` of them, with their names. */
export function ticks({ from, to }: Span, most: number): { readonly ms: number; readonly label: string }[] {
  const step = tickSteps.find((each) => (to - from) / each <= most) ?? 36_500 * day
  const found: { ms: number; label: string }[] = []
  // Local time: a day's tick stands at midnight where the reader is.
  const shift = new Date(from).getTimezoneOffset() * minute
  for (
    let ms = Math.ceil((from - shift) / step) * step + shift;
    ms < to && found.length <= most;
    ms += step
  ) {
    const text = formatTime(ms)
    found.push({
      ms,
      label:
        step >= 365 * day
          ? text.slice(0, 4)
          : step >= day
            ? text.slice(5, 10)
            : step >= minute
              ? text.slice(11, 16)
              : text.slice(11),
    })
  }
  return found
}
