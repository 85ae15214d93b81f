import type { DamageRow } from '../daemon/operations/recover-result.js'
import { formatCount } from './format.js'
import { safeLine } from './safe-text.js'

const meanings: Readonly<Record<string, string>> = {
  hole: 'are missing',
  changed: 'are not what was written',
  misplaced: 'stand in another’s place',
  chain: 'are not in the order that was chained',
  head: 'are not as many as the log’s own row says',
  index: 'are not all in the index',
  missing: 'is not on disk',
  shortened: 'was cut short',
  'nul-run': 'has NUL bytes where text was recorded',
  differs: 'is not what was recorded',
  unreadable: 'can’t be read',
  'log-incomplete': 'has lost events in the log',
}

/** What a kind of damage means, as the end of a sentence about the file or the events. */
export function damageMeaning(what: string): string {
  return meanings[what] ?? safeLine(what)
}

/** One line a damage, safe to print. */
export function damageLines(damaged: readonly DamageRow[]): string[] {
  return damaged.map((each) => {
    const { what, log, from, to, root, path } = each
    if (log !== undefined && from !== undefined && to !== undefined)
      return `events ${eventRange(from, to)} of the log ${safeLine(log).slice(0, 12)} ${damageMeaning(what)}`
    if (root !== undefined) return `${fileName(root, path ?? '')} ${damageMeaning(what)}`
    return `the store’s database could not be opened; a copy as it was: ${safeLine(path ?? '')}`
  })
}

/** A file for people: its root, then its path below it. */
export function fileName(root: string, path: string): string {
  return path === '' ? safeLine(root) : `${safeLine(root)} ${safeLine(path)}`
}

function eventRange(from: number, to: number): string {
  return to - from === 1 ? formatCount(from) : `${formatCount(from)} to ${formatCount(to - 1)}`
}
