import type { ConflictRow, ConflictsResult } from '../daemon/operations/conflicts.js'
import { counted } from './counted.js'
import { formatTime } from './format.js'
import type { Paint } from './paint.js'
import { safeLine } from './safe-text.js'

export const conflictColumns = [
  { head: 'conflict' },
  { head: 'status' },
  { head: 'kind' },
  { head: 'session' },
  { head: 'project' },
  { head: 'branches' },
  { head: 'last' },
] as const

/** Kinds in words. */
export const kindText: Readonly<Record<ConflictRow['kind'], string>> = {
  fork: 'continued apart',
  rewrite: 'rewritten',
  'id-clash': 'continued apart, with clashing ids',
  values: 'different values',
  remove: 'removed and continued',
  unrelated: 'unrelated sessions of one name',
  resolutions: 'resolved differently',
}

/** A row of the table in a terminal; `digits` of the id tell it from the others. */
export function readableRow(row: ConflictRow, digits: number): string[] {
  const branches = row.branches.map(({ host, records }) => `${host} +${records}`)
  return [
    row.id.slice(0, digits),
    row.status,
    kindText[row.kind],
    shortSession(row.session),
    row.project,
    branches.join(', '),
    formatTime(Date.parse(latest(row))),
  ]
}

/** A row in a pipe: id, status, kind, session, project, branches as `host:records`, ISO time, root, file. */
export function exactRow(row: ConflictRow): string[] {
  const branches = row.branches.map(({ host, records }) => `${host}:${records}`)
  const { id, status, kind, session, project, root, file } = row
  return [id, status, kind, session, project, branches.join(','), latest(row), root, file]
}

/** What is under the table: how many there are, and what to do next. */
export function listNotes({ conflicts, counts }: ConflictsResult, paint: Paint, digits: number): string[] {
  const [first] = conflicts
  const hidden = counts.resolved > 0 ? `; ${counts.resolved} resolved: holdfast conflicts list --all` : ''
  if (!first) return [`No conflicts${hidden}.`]
  const total = counts.open > 0 ? paint.warn(counted(counts.open, 'open conflict')) : 'No open conflicts'
  const merged = counts.merged > 0 ? `, ${counts.merged} merged` : ''
  const id = first.id.slice(0, digits)
  return [
    '',
    `${total}${merged}${hidden}.`,
    ...(first.status === 'resolved'
      ? []
      : [`Next: holdfast conflicts show ${id}`, `      ${nextStep(first, id)}`]),
  ]
}

/** How this conflict can be resolved, as a command line. */
export function nextStep({ choices, branches }: ConflictRow, id: string): string {
  const host = safeLine(branches[0]?.host ?? 'HOST')
  const flags = choices.map((choice) => (choice === 'keep' ? `--keep ${host}` : `--${choice}`))
  return `holdfast conflicts resolve ${id} ${flags.join(' | ')}`
}

/** Enough of a uuid to name it, as every command takes a prefix. */
function shortSession(session: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(session) ? session.slice(0, 8) : session
}

function latest({ branches }: ConflictRow): string {
  return branches.reduce((time, { to }) => (to > time ? to : time), '')
}
