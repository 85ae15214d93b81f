import { counted } from '../../cli/counted.js'
import { formatCount } from '../../cli/format.js'
import type { ConflictRow, ConflictsResult } from '../../daemon/operations/conflicts.js'
import { AskError, read } from './ask.js'
import { kindNames, shortFile, statusNames } from './conflict-words.js'
import { h, name, replaceChildren, type Child } from './dom.js'
import { failure } from './failure.js'
import { listStep, moveFocus } from './focus-list.js'
import { ago } from './time-text.js'
import type { KeyHelp, Page, View } from './view.js'

type Filter = 'open' | 'resolved' | 'all'

/** So many are listed; the first of them need somebody most. */
const rowsMax = 200

/** The conflicts, those that wait for somebody first. */
export class ConflictListView implements View {
  readonly title = 'Conflicts'
  readonly element = h('div', { class: 'view' })
  readonly keys: KeyHelp = [
    [['j', 'k'], 'next, previous conflict'],
    [['Enter'], 'open it'],
  ]
  readonly #page: Page
  readonly #filter: Filter
  readonly #gone = new AbortController()
  readonly #stop: () => void
  readonly #body = h('div', { class: 'conflicts' }, h('p', { class: 'dim' }, 'Looking for conflicts …'))
  #shown = ''
  #seen = ''

  constructor(page: Page, filter: string) {
    this.#page = page
    this.#filter = filter === 'resolved' || filter === 'all' ? filter : 'open'
    const links = (['open', 'resolved', 'all'] as const).map((each) =>
      h(
        'a',
        {
          href: each === 'open' ? '#/conflicts' : `#/conflicts/?${each}`,
          'aria-current': each === this.#filter && 'true',
        },
        each === 'open' ? 'Open' : each === 'resolved' ? 'Resolved' : 'All',
      ),
    )
    replaceChildren(
      this.element,
      h(
        'div',
        { class: 'heading' },
        h('h2', {}, 'Conflicts'),
        h('nav', { class: 'filter', 'aria-label': 'Which conflicts' }, ...links),
      ),
      this.#body,
    )
    this.#stop = page.live.subscribe(() => this.#refresh())
    void this.#load()
  }

  onKey(pressed: string): boolean {
    const step = listStep(pressed)
    return step !== null && moveFocus([...this.#body.querySelectorAll<HTMLElement>('a.conflict')], step)
  }

  close(): void {
    this.#gone.abort()
    this.#stop()
  }

  /** Asks again where events came since. */
  #refresh(): void {
    const { latest } = this.#page.live
    const seen = latest ? latest.status.logs.map(({ events }) => events).join() : ''
    if (seen === this.#seen) return
    const first = this.#seen === ''
    this.#seen = seen
    if (!first) void this.#load()
  }

  async #load(): Promise<void> {
    const status = this.#filter === 'open' ? undefined : this.#filter
    try {
      const result = await read<ConflictsResult>('conflicts', { status }, this.#gone.signal)
      this.#show(result)
    } catch (error) {
      if (this.#gone.signal.aborted) return
      if (error instanceof AskError) replaceChildren(this.#body, failure(error))
      else throw error
    }
  }

  #show({ conflicts }: ConflictsResult): void {
    const state = JSON.stringify(conflicts)
    if (state === this.#shown) return
    this.#shown = state
    const focused = document.activeElement?.getAttribute('href')
    const nowMs = this.#page.live.latest?.nowMs ?? Date.now()
    const rows = conflicts.slice(0, rowsMax).map((row) => h('li', {}, conflictLink(row, nowMs)))
    const more = conflicts.length - rows.length
    replaceChildren(
      this.#body,
      rows.length === 0 ? nothing(this.#filter) : h('ul', { class: 'rows' }, ...rows),
      more > 0 &&
        h('p', { class: 'dim' }, `and ${formatCount(more)} more: see `, h('code', {}, 'holdfast conflicts')),
    )
    const links = [...this.#body.querySelectorAll<HTMLElement>('a.conflict')]
    links.find((link) => link.getAttribute('href') === focused)?.focus()
  }
}

function nothing(filter: Filter): HTMLElement {
  const text = filter === 'open' ? 'No conflict waits for you.' : 'There is none.'
  return h('p', { class: 'empty' }, text)
}

function conflictLink(row: ConflictRow, nowMs: number): HTMLElement {
  const latest = row.branches.reduce((late, { to }) => (to > late ? to : late), '')
  const branches = row.branches.map((branch, i): Child =>
    h(
      'span',
      { class: `branch-line tone-${(i % 6) + 1}` },
      h('span', { class: 'host' }, name(branch.host)),
      h('span', { class: 'count' }, counted(branch.records, 'record')),
      h('span', { class: 'said' }, h('bdi', {}, oneLine(branch.last ?? ''))),
    ),
  )
  return h(
    'a',
    { class: 'conflict', href: `#/conflicts/${row.id}` },
    h(
      'span',
      { class: 'top' },
      h('strong', {}, h('bdi', {}, row.project === '' ? row.root : row.project)),
      h('span', { class: 'session' }, h('bdi', {}, shortFile(row))),
      h('span', { class: `badge ${row.status}` }, statusNames[row.status]),
      h('span', { class: 'dim' }, kindNames[row.kind]),
      h('span', { class: 'dim when' }, ago(latest === '' ? null : latest, nowMs)),
    ),
    ...branches,
  )
}

function oneLine(text: string): string {
  return text.slice(0, 200).replace(/\s+/g, ' ').trim()
}
