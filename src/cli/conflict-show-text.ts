import type { BranchRow, ConflictDetail, ConflictRow } from '../daemon/operations/conflicts.js'
import { fitsColumns, sideBySide } from './conflict-columns.js'
import { kindText, nextStep } from './conflict-list-text.js'
import { messageHead, messageLines, messageText } from './conflict-message.js'
import { wrapped } from './conflict-width.js'
import { counted, countedVerb } from './counted.js'
import { formatCount, formatTime } from './format.js'
import type { Paint } from './paint.js'
import { safeLine } from './safe-text.js'

/** A conflict for a terminal of this width: what they share, then the branches side by side or one after the other. */
export function shownConflict(detail: ConflictDetail, width: number, paint: Paint): string[] {
  const { conflict, context, pages } = detail
  const lines = [...headLines(conflict, paint), '']
  for (const message of context)
    for (const line of messageLines(message, width)) lines.push(paint.dim(line.text))
  if (context.length > 0)
    lines.push('', paint.dim(`${'─'.repeat(Math.min(width, 20))} here the branches part`), '')
  const [a, b] = conflict.branches
  if (a && b && fitsColumns(conflict.branches.length, width)) {
    const messages = [pages[0]?.messages ?? [], pages[1]?.messages ?? []] as const
    lines.push(...sideBySide([branchHead(a, 1), branchHead(b, 2)], messages, width, paint))
  } else {
    for (const [i, branch] of conflict.branches.entries()) {
      lines.push(...wrapped(branchHead(branch, i + 1), width, 3).map((line) => paint.strong(line)), '')
      for (const message of pages[i]?.messages ?? []) {
        for (const line of messageLines(message, width - 2))
          lines.push(`  ${line.paint ? paint[line.paint](line.text) : line.text}`)
        lines.push('')
      }
    }
  }
  lines.push(...moreLines(detail))
  if (conflict.choices.length > 0) lines.push(`Next: ${nextStep(conflict, conflict.id.slice(0, 8))}`)
  return lines
}

/** A conflict in a pipe: a line for each record, its cells divided by tabs: branch, host, role, time, id, text. */
export function plainConflict({ conflict, context, pages }: ConflictDetail): string[] {
  const cells = (branch: number, host: string, message: (typeof context)[number]): string =>
    [
      String(branch),
      safeLine(host),
      safeLine(message.role),
      safeLine(message.time ?? ''),
      safeLine(message.id ?? ''),
      safeLine(messageText(message)),
    ].join('\t')
  return [
    ...context.map((message) => cells(0, '', message)),
    ...conflict.branches.flatMap(({ host }, i) =>
      (pages[i]?.messages ?? []).map((message) => cells(i + 1, host, message)),
    ),
  ]
}

function headLines(conflict: ConflictRow, paint: Paint): string[] {
  const { id, status, kind, session, project, file, root, clashes, resolutions } = conflict
  const colour = status === 'open' ? paint.warn : paint.good
  const lines = [
    `${paint.strong(id)}  ${colour(status)}  ${kindText[kind]}`,
    `session  ${safeLine(session)}`,
    `file     ${safeLine(root)}: ${safeLine([project, file].filter((part) => part !== '').join(' / '))}`,
  ]
  if (clashes.length > 0)
    lines.push(
      paint.warn(
        `clashes  ${countedVerb(clashes.length, 'record id', 'stands', 'stand')} for different content in different branches`,
      ),
    )
  for (const { host, choice, time, undone } of resolutions) {
    const when = time === null ? '' : ` ${formatTime(Date.parse(time))}`
    lines.push(`${undone ? 'undone ' : 'decided'}  ${safeLine(choice)} by ${safeLine(host)}${when}`)
  }
  return lines
}

/** `1  mac  12 records, 2026-01-02 03:04:05 – 03:09:00`. */
export function branchHead(
  { host, hosts, records, from, to, dropped, malformed }: BranchRow,
  number: number,
): string {
  const others = hosts.filter((other) => other !== host)
  const [first, last] = [formatTime(Date.parse(from)), formatTime(Date.parse(to))]
  return [
    `${number}  ${safeLine([host, ...others].join(', '))}  ${counted(records, 'record')}`,
    first === last ? first : `${first} – ${last.slice(0, 10) === first.slice(0, 10) ? last.slice(11) : last}`,
    ...(dropped > 0 ? [`dropped ${formatCount(dropped)} records`] : []),
    ...(malformed > 0 ? [`${formatCount(malformed)} malformed`] : []),
  ].join(', ')
}

function moreLines({ conflict, pages }: ConflictDetail): string[] {
  return pages.flatMap(({ from, total, messages }, i) => {
    const left = total - from - messages.length
    const host = safeLine(conflict.branches[i]?.host ?? '')
    return left > 0 ? [`${formatCount(left)} more of ${i + 1} ${host}: --from ${from + messages.length}`] : []
  })
}

/** The first line of a record, for lists. */
export function oneLineMessage(message: Parameters<typeof messageHead>[0]): string {
  return `${messageHead(message)}  ${safeLine(messageText(message))}`
}
