import { counted } from '../../cli/counted.js'
import { formatCount } from '../../cli/format.js'
import type { BranchPage, BranchRow, Message } from '../../daemon/operations/conflicts.js'
import { AskError } from './ask.js'
import { button, h, name, replaceChildren } from './dom.js'
import { failure } from './failure.js'
import { messageElement } from './message.js'
import { moment } from './time-text.js'

/** Records asked for at once, and kept in the page at most: a branch may be of any length. */
export const pageRecords = 40
const keptRecords = 120

/** Asks for some of a branch's own records. */
export type ReadBranch = (from: number, limit: number) => Promise<BranchPage>

/**
 * One branch of a conflict as readable records. It holds a window of them, which moves as somebody scrolls: what leaves
 * it at one end is asked for again when it is wanted.
 */
export class BranchColumn {
  readonly element: HTMLElement
  readonly #index: number
  readonly #read: ReadBranch
  readonly #list = h('div', { class: 'records' })
  readonly #scroll: HTMLElement
  readonly #earlier: HTMLButtonElement
  readonly #later: HTMLButtonElement
  readonly #place = h('p', { class: 'place', 'aria-live': 'off' })
  readonly #problem = h('div')
  readonly #sight: IntersectionObserver
  #from = 0
  #total: number
  #busy = false

  constructor(row: BranchRow, index: number, first: BranchPage, readBranch: ReadBranch) {
    this.#index = index
    this.#read = readBranch
    this.#total = first.total
    this.#earlier = button({ class: 'more' }, () => void this.#extendUp(), 'Earlier records')
    this.#later = button({ class: 'more' }, () => void this.#extendDown(), 'Later records')
    this.#scroll = h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Records of ${row.host}` },
      this.#earlier,
      this.#list,
      this.#problem,
      this.#later,
    )
    this.element = h(
      'section',
      { class: `branch tone-${(index % 6) + 1}`, 'aria-label': `Branch ${index + 1}: ${row.host}` },
      this.#heading(row),
      this.#scroll,
    )
    // Before an end comes into sight, so that nobody waits for it.
    this.#sight = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries)
          if (isIntersecting) void (target === this.#earlier ? this.#extendUp() : this.#extendDown())
      },
      { root: this.#scroll, rootMargin: '600px 0px' },
    )
    this.#put(first.from, first.messages)
    this.#watchEnds()
  }

  /** The window's first record, and how many the branch has. */
  get place(): { readonly from: number; readonly shown: number; readonly total: number } {
    return { from: this.#from, shown: this.#list.childElementCount, total: this.#total }
  }

  get holdsFocus(): boolean {
    return this.element.contains(document.activeElement)
  }

  /** Moves the focus among the records; from outside of the column to the first one in sight. */
  step(by: number): void {
    const records = [...this.#list.children] as HTMLElement[]
    const at = records.findIndex((record) => record.contains(document.activeElement))
    const next = at < 0 ? this.#firstInSight(records) : records[at + by]
    if (!next) return
    next.focus({ preventScroll: true })
    next.scrollIntoView({ block: 'nearest' })
  }

  /** Goes to the first or the last record. */
  async jump(to: 'start' | 'end'): Promise<void> {
    await this.#turn(async () => {
      const from = to === 'start' ? 0 : Math.max(0, this.#total - pageRecords)
      const messages = await this.#records(from, Math.min(this.#total, from + pageRecords))
      this.#list.replaceChildren()
      this.#put(from, messages)
      this.#scroll.scrollTop = to === 'start' ? 0 : this.#scroll.scrollHeight
      const record = to === 'start' ? this.#list.firstElementChild : this.#list.lastElementChild
      if (record instanceof HTMLElement) record.focus({ preventScroll: true })
    })
  }

  close(): void {
    this.#sight.disconnect()
  }

  #heading({ host, hosts, records, from, to, dropped, malformed }: BranchRow): HTMLElement {
    const notes = [
      counted(records, 'record'),
      dropped > 0 && `${formatCount(dropped)} dropped`,
      malformed > 0 && `${formatCount(malformed)} malformed`,
      hosts.length > 1 && `by ${hosts.join(', ')}`,
    ].filter((note) => note !== false)
    return h(
      'header',
      {},
      h('h3', {}, h('span', { class: 'number' }, this.#index + 1), name(host)),
      h('p', { class: 'note' }, notes.join(' · ')),
      h('p', { class: 'note' }, moment(from), from === to ? null : [' – ', moment(to)]),
      this.#place,
    )
  }

  #firstInSight(records: readonly HTMLElement[]): HTMLElement | undefined {
    const { top } = this.#scroll.getBoundingClientRect()
    return records.find((record) => record.getBoundingClientRect().bottom > top + 8)
  }

  async #extendDown(): Promise<void> {
    await this.#turn(async () => {
      const end = this.#from + this.#list.childElementCount
      if (end >= this.#total) return
      const messages = await this.#records(end, Math.min(this.#total, end + pageRecords))
      this.#keepPlace(() => {
        this.#list.append(...this.#elements(end, messages))
        const over = this.#list.childElementCount - keptRecords
        for (let i = 0; i < over; i++) this.#list.firstElementChild?.remove()
        this.#from += Math.max(0, over)
      })
    })
  }

  async #extendUp(): Promise<void> {
    await this.#turn(async () => {
      if (this.#from === 0) return
      const from = Math.max(0, this.#from - pageRecords)
      const messages = await this.#records(from, this.#from)
      this.#keepPlace(() => {
        this.#list.prepend(...this.#elements(from, messages))
        while (this.#list.childElementCount > keptRecords) this.#list.lastElementChild?.remove()
        this.#from = from
      })
    })
  }

  /** One page may bring fewer records than it was asked for: it is as much text as one answer carries. */
  async #records(from: number, to: number): Promise<Message[]> {
    const messages: Message[] = []
    while (from + messages.length < to) {
      const page = await this.#read(from + messages.length, to - from - messages.length)
      this.#total = page.total
      if (page.messages.length === 0) break
      messages.push(...page.messages)
    }
    return messages
  }

  async #turn(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.#sight.disconnect()
    replaceChildren(this.#problem)
    try {
      await work()
      this.#watchEnds()
    } catch (error) {
      // Asking goes on only when somebody says so.
      if (error instanceof AskError)
        replaceChildren(
          this.#problem,
          failure(error, () => this.#watchEnds()),
        )
    } finally {
      this.#busy = false
    }
  }

  /** Changes the records while what is in sight stays where it is, and what has the focus keeps it where it stays. */
  #keepPlace(change: () => void): void {
    const anchor = this.#firstInSight([...this.#list.children] as HTMLElement[])
    const before = anchor?.getBoundingClientRect().top ?? 0
    change()
    if (anchor?.isConnected) this.#scroll.scrollTop += anchor.getBoundingClientRect().top - before
    this.#mark()
  }

  #put(from: number, messages: readonly Message[]): void {
    this.#from = from
    this.#list.append(...this.#elements(from, messages))
    this.#mark()
  }

  #elements(from: number, messages: readonly Message[]): HTMLElement[] {
    return messages.map((message, i) =>
      messageElement(message, `${message.role}, record ${from + i + 1} of ${this.#total}`),
    )
  }

  #mark(): void {
    const end = this.#from + this.#list.childElementCount
    this.#earlier.hidden = this.#from === 0
    this.#later.hidden = end >= this.#total
    const all = this.#from === 0 && end >= this.#total
    replaceChildren(
      this.#place,
      all ? '' : `${formatCount(this.#from + 1)} – ${formatCount(end)} of ${formatCount(this.#total)}`,
    )
    if (this.#total === 0)
      replaceChildren(this.#list, h('p', { class: 'dim' }, 'It has no records of its own.'))
  }

  #watchEnds(): void {
    replaceChildren(this.#problem)
    this.#sight.disconnect()
    if (!this.#earlier.hidden) this.#sight.observe(this.#earlier)
    if (!this.#later.hidden) this.#sight.observe(this.#later)
  }
}
