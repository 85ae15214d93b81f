/** The daemon's log for people: one readable line for each line of the file. */

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

const own = new Set(['level', 'time', 'msg', 'err'])

/** `2026-01-02T03:04:05.678Z info  message key=value`; a line that is no log record (a crash's trace) as it is. */
export function readableLogLine(line: string): string {
  if (!line.startsWith('{')) return line
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const { level, time, msg, err } = record
  if (typeof level !== 'number' || typeof time !== 'number') return line
  const at = Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : String(time)
  const rest = Object.entries(record)
    .filter(([key]) => !own.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${at} ${(levels[level] ?? String(level)).padEnd(5)} ${textOf(msg)}${rest.join('')}${errorText(err)}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return ''
  const { code, message, stack } = err as { code?: unknown; message?: unknown; stack?: unknown }
  const head = [code, message].filter((part) => typeof part === 'string').join(' ')
  // A trace is for faults of ours; an error with a code says enough.
  return typeof code === 'string' || typeof stack !== 'string' ? ` (${head})` : `\n${stack}`
}
