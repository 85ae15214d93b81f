/** Numbers for people. */

const sizeUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

/** `0 B`, `999 B`, `1.2 KB`, `34 MB`: three digits at most before the unit, powers of 1000. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 would be shown as 1000: it belongs to the next unit.
  while (Math.abs(value) >= 999.5 && unit < sizeUnits.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : shortNumber(value)} ${sizeUnits[unit]}`
}

function shortNumber(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : String(Math.round(value))
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

const durationUnits = [
  { high: 'm', highMs: 60_000, low: 's', lowMs: 1_000, belowMs: 3_600_000 },
  { high: 'h', highMs: 3_600_000, low: 'm', lowMs: 60_000, belowMs: 86_400_000 },
  { high: 'd', highMs: 86_400_000, low: 'h', lowMs: 3_600_000, belowMs: Infinity },
] as const

/** `0 ms`, `850 ms`, `3.2 s`, `42 s`, `2m 05s`, `3h 12m`, `4d 07h`: the two largest units. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 59_500) return `${Math.round(ms / 1000)} s`
  for (const { high, highMs, low, lowMs, belowMs } of durationUnits) {
    // Rounded before the units are chosen, so that no `60s` or `24h` appears.
    const rounded = Math.round(ms / lowMs) * lowMs
    if (rounded >= belowMs) continue
    const rest = String((rounded % highMs) / lowMs).padStart(2, '0')
    return `${Math.floor(rounded / highMs)}${high} ${rest}${low}`
  }
  return 'for ever'
}

/** `2 min ago`-style text is for people; scripts get ISO times from `--json`. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const ms = nowMs - thenMs
  return ms < 1_000 ? 'just now' : `${formatDuration(ms)} ago`
}

const two = (value: number): string => String(value).padStart(2, '0')

/** Local date and time to the second: `2026-01-02 03:04:05`. */
export function formatTime(ms: number): string {
  const date = new Date(ms)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
