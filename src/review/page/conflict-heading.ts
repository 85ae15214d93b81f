import type { ConflictRow } from '../../daemon/operations/conflicts.js'
import type { OverviewAnswer } from '../api-types.js'
import { kindSentence, shortFile, statusNames } from './conflict-words.js'
import { h, name, type Child } from './dom.js'
import { moment } from './time-text.js'

/** What a conflict is about, and how it stands. */
export function conflictHeading(
  conflict: ConflictRow,
  overview: OverviewAnswer | null,
  extra: Child = null,
): HTMLElement {
  const { project, root, format, file, status, id, clashes } = conflict
  return h(
    'header',
    { class: 'conflict-heading' },
    h(
      'p',
      { class: 'crumbs' },
      h('a', { href: '#/conflicts' }, 'Conflicts'),
      ' / ',
      h('code', {}, id),
      extra,
    ),
    h(
      'h2',
      {},
      h('bdi', {}, project === '' ? root : project),
      ' ',
      h('span', { class: 'session' }, h('bdi', {}, shortFile(conflict))),
      ' ',
      h('span', { class: `badge ${status}` }, statusNames[status]),
    ),
    h('p', {}, kindSentence(conflict), ...decisions(conflict)),
    h(
      'p',
      { class: 'note' },
      h('code', {}, `${root}/${file}`),
      ` · ${format}`,
      clashes.length > 0 && ` · ${clashes.length} ids clash`,
    ),
    heldNote(conflict, overview),
  )
}

function decisions({ resolutions }: ConflictRow): Child[] {
  return resolutions.map(({ host, choice, time, undone }) => [
    ' ',
    h(
      'span',
      { class: undone ? 'decision undone' : 'decision' },
      undone ? 'Taken back: ' : 'Decided: ',
      choice,
      ' on ',
      name(host),
      time === null ? null : [', ', moment(time)],
      '.',
    ),
  ])
}

/** What keeps the result from this host's file, where something does. */
export function heldNote({ file }: ConflictRow, overview: OverviewAnswer | null): HTMLElement | null {
  const held = overview?.status.held.find(({ path }) => path === file || path.endsWith(`/${file}`))
  if (!held) return null
  return h(
    'p',
    { class: 'held', role: 'note' },
    h('strong', {}, 'Held here. '),
    `The file on this host is not written for now: ${held.reason}. It follows by itself when that is over.`,
  )
}
