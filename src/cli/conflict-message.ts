import type { Message } from '../daemon/operations/conflicts.js'
import { wrapped } from './conflict-width.js'
import { formatCount, formatTime } from './format.js'
import type { Paint } from './paint.js'
import { safeBlock, safeLine } from './safe-text.js'

/** The most lines that one record takes in a terminal. */
const messageMaxLines = 24

/** What a line of a column is, so that it is coloured after it was fitted. */
export interface ColumnLine {
  readonly text: string
  readonly paint: keyof Paint | null
}

/** `user  2026-01-02 03:04:05`, and what is to be known of the record besides its text. */
export function messageHead({ role, time, clash, malformed }: Message): string {
  const marks = [clash ? 'same id, other content' : '', malformed && role !== 'malformed' ? 'malformed' : '']
  const said = time === null ? '' : readableTime(time)
  return [safeLine(role), said, ...marks.filter((mark) => mark !== '').map((mark) => `[${mark}]`)]
    .filter((part) => part !== '')
    .join('  ')
}

/** What the record itself says, in local time where it is a time. */
function readableTime(time: string): string {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? safeLine(time) : formatTime(ms)
}

/** The text of a record: what was said, and the tools called. */
export function messageText({ text, tools }: Message): string {
  const called = tools.map(({ name, detail }) => `→ ${safeLine(name)}: ${safeLine(detail)}`)
  return [...(text === '' ? [] : [safeBlock(text)]), ...called].join('\n')
}

/** `… 1,234 more characters`; nothing where the text is whole. */
export function cutNote({ cut }: Message): string {
  return cut > 0 ? `… ${formatCount(cut)} more characters` : ''
}

/** A record as lines of a column. */
export function messageLines(message: Message, width: number): ColumnLine[] {
  const body = wrapped(messageText(message), width - 2, messageMaxLines + 1)
  const shown = body.slice(0, messageMaxLines)
  const more = cutNote(message) || (body.length > shown.length ? '… more lines' : '')
  const mark = message.malformed || message.clash ? 'warn' : 'strong'
  return [
    ...wrapped(messageHead(message), width, 3).map((text) => ({ text, paint: mark }) as const),
    ...shown.map((line) => ({ text: `  ${line}`, paint: null })),
    ...(more === '' ? [] : ([{ text: `  ${more}`, paint: 'dim' }] as const)),
  ]
}
