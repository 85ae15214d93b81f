import type { BranchPage, ConflictDetail, ConflictRow } from '../../daemon/operations/conflicts.js'
import { AskError, read, send } from './ask.js'
import { BranchColumn, pageRecords } from './branch-column.js'
import { choiceBar, type Choice } from './choice-bar.js'
import { conflictHeading } from './conflict-heading.js'
import { h, replaceChildren, button } from './dom.js'
import { failure } from './failure.js'
import { listStep } from './focus-list.js'
import { messageElement } from './message.js'
import type { KeyHelp, Page, View } from './view.js'

/** One conflict: its branches side by side, and what can be done about it. */
export class ConflictView implements View {
  readonly title = 'Conflict'
  readonly element = h(
    'div',
    { class: 'view conflict-view' },
    h('p', { class: 'dim' }, 'Reading the branches …'),
  )
  readonly keys: KeyHelp = [
    [['j', 'k'], 'next, previous record'],
    [['←', '→'], 'other branch'],
    [['g', 'G'], 'first, last record'],
    [['u'], 'union'],
    [['s'], 'split'],
    [['1', '…', '9'], 'keep that branch'],
    [['p', 'Enter'], 'see the result of the choice'],
    [['z'], 'take the decision back'],
  ]
  readonly #page: Page
  readonly #id: string
  readonly #gone = new AbortController()
  readonly #stop: () => void
  #conflict: ConflictRow | null = null
  #columns: BranchColumn[] = []
  #bar: ReturnType<typeof choiceBar> | null = null
  #busy = false
  #events: string | null = null
  readonly #fresh = h('div', { class: 'fresh', role: 'status' })

  constructor(page: Page, id: string) {
    this.#page = page
    this.#id = id
    this.#stop = page.live.subscribe(() => void this.#checkFresh())
    void this.#load()
  }

  onKey(pressed: string): boolean {
    const step = listStep(pressed)
    if (step !== null) this.#column()?.step(step)
    else if (pressed === 'ArrowLeft' || pressed === 'ArrowRight')
      this.#turnTo(pressed === 'ArrowLeft' ? -1 : 1)
    else if (pressed === 'g' || pressed === 'G') void this.#column()?.jump(pressed === 'g' ? 'start' : 'end')
    else if (pressed === 'r') void this.#load()
    else if (pressed === 'z') void this.#undo()
    else if (pressed === 'p' || pressed === 'Enter') this.#bar?.preview()
    else return this.#bar?.onKey(pressed) ?? false
    return true
  }

  close(): void {
    this.#gone.abort()
    this.#stop()
    for (const column of this.#columns) column.close()
  }

  async #load(): Promise<void> {
    try {
      this.#events = eventCounts(this.#page)
      const detail = await read<ConflictDetail>(
        'conflict',
        { id: this.#id, from: 0, limit: pageRecords },
        this.#gone.signal,
      )
      this.#show(detail)
    } catch (error) {
      if (this.#gone.signal.aborted) return
      if (error instanceof AskError)
        replaceChildren(
          this.element,
          failure(error, () => void this.#load()),
        )
      else throw error
    }
  }

  #show({ conflict, context, pages }: ConflictDetail): void {
    this.#conflict = conflict
    for (const column of this.#columns) column.close()
    this.#columns = conflict.branches.map((row, branch) => {
      const first: BranchPage = pages[branch] ?? { from: 0, total: 0, messages: [] }
      return new BranchColumn(row, branch, first, (from, limit) => this.#branchPage(branch, from, limit))
    })
    this.#bar = choiceBar(conflict, {
      preview: (choice) => this.#page.go(previewPlace(conflict.id, choice)),
      undo: () => void this.#undo(),
    })
    const shared = context.map((message) => messageElement(message, `shared record, ${message.role}`))
    const branches = h('div', { class: 'branches' }, ...this.#columns.map(({ element }) => element))
    branches.dataset['count'] = String(Math.min(this.#columns.length, 4))
    replaceChildren(this.#fresh)
    replaceChildren(
      this.element,
      conflictHeading(conflict, this.#page.live.latest),
      this.#fresh,
      shared.length > 0 &&
        h(
          'details',
          { class: 'shared' },
          h(
            'summary',
            {},
            shared.length === 1
              ? 'The last record that they share'
              : `The last ${shared.length} records that they share`,
          ),
          ...shared,
        ),
      branches,
      this.#bar.element,
    )
  }

  async #branchPage(branch: number, from: number, limit: number): Promise<BranchPage> {
    const query = { id: this.#id, from, limit, branch }
    const { pages } = await read<ConflictDetail>('conflict', query, this.#gone.signal)
    return pages[branch] ?? { from, total: 0, messages: [] }
  }

  #column(): BranchColumn | undefined {
    return this.#columns.find(({ holdsFocus }) => holdsFocus) ?? this.#columns[0]
  }

  #turnTo(by: number): void {
    const at = this.#columns.findIndex(({ holdsFocus }) => holdsFocus)
    const next = this.#columns[at < 0 ? 0 : Math.max(0, Math.min(at + by, this.#columns.length - 1))]
    next?.step(1)
    next?.element.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  async #undo(): Promise<void> {
    if (this.#busy || !this.#conflict?.resolutions.some(({ undone }) => !undone)) return
    this.#busy = true
    this.#page.say('Taking the decision back …')
    try {
      await send('undo', { id: this.#id })
      this.#page.say('Taken back: the branches are as they were.', 'good')
      this.#page.live.now()
      await this.#load()
    } catch (error) {
      if (!(error instanceof AskError)) throw error
      this.#page.say(`${error.message}. ${error.next.replaceAll('`', '')}`, 'bad')
    } finally {
      this.#busy = false
    }
  }

  /** Where events came since, the conflict may have grown: that is said, and what somebody reads stays. */
  async #checkFresh(): Promise<void> {
    const events = eventCounts(this.#page)
    const known = this.#conflict
    if (this.#events === null || known === null) this.#events = events
    if (events === this.#events || events === null || known === null) return
    this.#events = events
    try {
      const { conflict } = await read<ConflictDetail>(
        'conflict',
        { id: this.#id, limit: 0 },
        this.#gone.signal,
      )
      if (JSON.stringify(conflict) === JSON.stringify(known)) return
      const show = button({ class: 'more' }, () => void this.#load(), 'Show it (r)')
      replaceChildren(this.#fresh, 'More of this session arrived. ', show)
    } catch (error) {
      // The overview says where nothing can be asked any more.
      if (!(error instanceof AskError) && !this.#gone.signal.aborted) throw error
    }
  }
}

function eventCounts({ live }: Page): string | null {
  return live.latest === null ? null : live.latest.status.logs.map(({ events }) => events).join()
}

/** Where the result of a choice is shown. */
function previewPlace(id: string, { choice, branch }: Choice): string {
  return `/conflicts/${id}/${choice}${branch === null ? '' : `/${branch + 1}`}`
}
