import { kindText } from './conflict-list-text.js'
import { cutNote, messageHead, messageText } from './conflict-message.js'
import type { ConflictReport, ReportBranch, ReportConflict } from './conflict-report.js'
import { counted } from './counted.js'
import { formatCount } from './format.js'
import { safeLine } from './safe-text.js'
import type { Message } from '../daemon/operations/conflicts.js'

/** A report as Markdown. Text from sessions stands in code alone, which nothing in it can end. */
export function markdownReport({ conflicts, omitted }: ConflictReport): string {
  const lines = ['# Conflicts', '', `${counted(conflicts.length, 'conflict')}.`, '']
  for (const conflict of conflicts) lines.push(...conflictLines(conflict))
  if (omitted > 0) lines.push(`${counted(omitted, 'more conflict')} left out: name one to see it.`, '')
  return lines.join('\n')
}

function conflictLines(conflict: ReportConflict): string[] {
  const { id, status, kind, session, project, file, root, clashes, resolutions, context, branches } = conflict
  const lines = [
    `## ${id}: ${kindText[kind]}, ${status}`,
    '',
    `- Session: ${code(session)}`,
    `- Project: ${code(project)}`,
    `- File: ${code(`${root}: ${file}`)}`,
  ]
  if (clashes.length > 0)
    lines.push(`- Ids with different content: ${clashes.slice(0, 20).map(code).join(', ')}`)
  for (const { host, choice, time, undone } of resolutions)
    lines.push(
      `- ${undone ? 'Undone' : 'Decided'}: ${code(choice)} by ${code(host)}, ${time ?? 'time unknown'}`,
    )
  lines.push('')
  if (context.length > 0) lines.push('### Before the branches part', '', ...context.flatMap(messageLines))
  branches.forEach((branch, i) => lines.push(...branchLines(branch, i + 1)))
  return lines
}

function branchLines(branch: ReportBranch, number: number): string[] {
  const { host, hosts, records, from, to, dropped, malformed, messages, omitted, lastMessages } = branch
  const others = hosts.filter((other) => other !== host)
  return [
    `### ${number}: ${[host, ...others].map(code).join(', ')}`,
    '',
    `${counted(records, 'record')}, ${from} to ${to}${dropped > 0 ? `, dropped ${formatCount(dropped)}` : ''}${malformed > 0 ? `, ${formatCount(malformed)} malformed` : ''}.`,
    '',
    ...messages.flatMap(messageLines),
    ...(omitted > 0 ? [`*${counted(omitted, 'record')} left out here.*`, ''] : []),
    ...lastMessages.flatMap(messageLines),
  ]
}

function messageLines(message: Message): string[] {
  const text = messageText(message)
  const note = cutNote(message)
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return [code(messageHead(message)), '', `${fence}text`, text, fence, ...(note === '' ? [] : ['', note]), '']
}

/** Text as inline code: no Markdown, HTML or link in it means anything. */
function code(text: string): string {
  const safe = safeLine(text)
  if (safe.trim() === '') return '(none)'
  const ticks = '`'.repeat(longestRun(safe) + 1)
  return `${ticks} ${safe} ${ticks}`
}

/** Of backticks. */
function longestRun(text: string): number {
  let longest = 0
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}
