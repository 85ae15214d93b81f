import { counted } from '../../cli/counted.js'
import { formatCount, formatSize, formatTime } from '../../cli/format.js'
import type { TimelineResult } from '../../daemon/operations/timeline.js'
import type {
  TimelineEvent,
  TimelineEventsResult,
  TimelinePlace,
} from '../../daemon/operations/timeline-events.js'
import { AskError, read } from './ask.js'
import { button, h, key, name, replaceChildren } from './dom.js'
import { failure } from './failure.js'
import { table } from './table.js'
import { moved, presets, stepWords, windowWords, zoomed, type Span } from './time-window.js'
import { timelineChart } from './timeline-chart.js'
import type { KeyHelp, Page, View } from './view.js'

const steps = 96
const pageEvents = 50

/** What each host wrote over time, and the events of the moment that is looked at. */
export class TimelineView implements View {
  readonly title = 'Timeline'
  readonly element = h('div', { class: 'view timeline' })
  readonly keys: KeyHelp = [
    [['←', '→'], 'earlier, later'],
    [['+', '−'], 'closer, wider'],
    [['0'], 'all of it'],
    [['[', ']'], 'newer, older events'],
  ]
  readonly #live: Page['live']
  readonly #gone = new AbortController()
  readonly #chart = h('div', { class: 'chart' }, h('p', { class: 'dim' }, 'Counting events …'))
  readonly #events = h('div')
  readonly #words = h('p', { class: 'window', role: 'status' })
  /** What is looked at; null: all there is. */
  #window: Span | null = null
  #result: TimelineResult | null = null
  /** Where each page of events begins, up to the one that is shown. */
  #pages: (TimelinePlace | null)[] = [null]
  #next: TimelinePlace | null = null
  #asked = 0

  constructor({ live }: Page) {
    this.#live = live
    const buttons = presets.map(({ label, ms }) => button({}, () => this.#preset(ms), label))
    replaceChildren(
      this.element,
      h(
        'div',
        { class: 'heading' },
        h('h2', {}, 'Timeline'),
        h(
          'div',
          { class: 'tools', role: 'toolbar', 'aria-label': 'What to look at' },
          ...buttons,
          button({ 'aria-label': 'Earlier' }, () => this.#change((at) => moved(at, -0.5)), '←'),
          button({ 'aria-label': 'Later' }, () => this.#change((at) => moved(at, 0.5)), '→'),
          button({ 'aria-label': 'Wider' }, () => this.#change((at) => zoomed(at, 2)), '−'),
          button({ 'aria-label': 'Closer' }, () => this.#change((at) => zoomed(at, 0.5)), '+'),
        ),
      ),
      this.#words,
      this.#chart,
      this.#events,
    )
    void this.#load()
  }

  onKey(pressed: string): boolean {
    if (pressed === 'ArrowLeft' || pressed === 'h') this.#change((at) => moved(at, -0.5))
    else if (pressed === 'ArrowRight' || pressed === 'l') this.#change((at) => moved(at, 0.5))
    else if (pressed === '+' || pressed === '=') this.#change((at) => zoomed(at, 0.5))
    else if (pressed === '-') this.#change((at) => zoomed(at, 2))
    else if (pressed === '0') this.#preset(null)
    else if (pressed === ']') this.#older()
    else if (pressed === '[') this.#newer()
    else if (pressed === 'r') void this.#load()
    else return false
    return true
  }

  close(): void {
    this.#gone.abort()
  }

  #preset(ms: number | null): void {
    const to = this.#live.latest?.nowMs ?? Date.now()
    this.#window = ms === null ? null : { from: Math.max(0, to - ms), to }
    void this.#load()
  }

  #change(how: (at: Span) => Span): void {
    const at = this.#span()
    if (!at) return
    this.#window = how(at)
    void this.#load()
  }

  #span(): Span | null {
    if (this.#window) return this.#window
    const { from = null, to = null } = this.#result ?? {}
    return from === null || to === null ? null : { from, to }
  }

  async #load(): Promise<void> {
    const asked = ++this.#asked
    this.#pages = [null]
    await this.#trying(async () => {
      const result = await read<TimelineResult>('timeline', { ...this.#window, steps }, this.#gone.signal)
      // Only the latest question's answer is shown.
      if (asked !== this.#asked) return
      this.#result = result
      const span = this.#span()
      const events = result.hosts.reduce((sum, host) => sum + host.events, 0)
      replaceChildren(
        this.#words,
        span === null
          ? ''
          : `${windowWords(span)} · ${counted(events, 'event')} · a step is ${stepWords(result.stepMs)}`,
      )
      const chart = span && timelineChart(result, span, (step) => this.#closer(step))
      replaceChildren(this.#chart, chart ?? h('p', { class: 'empty' }, 'Nothing is recorded yet.'))
      await this.#loadEvents()
    })
  }

  #closer(step: Span): void {
    this.#window = step
    void this.#load()
  }

  async #loadEvents(): Promise<void> {
    const asked = this.#asked
    const before = this.#pages.at(-1) ?? null
    const query = {
      ...this.#span(),
      limit: pageEvents,
      before: before === null ? undefined : placeText(before),
    }
    const { events, next } = await read<TimelineEventsResult>('events', query, this.#gone.signal)
    if (asked !== this.#asked) return
    this.#next = next
    const newer = button(
      { disabled: this.#pages.length === 1, 'aria-keyshortcuts': '[' },
      () => this.#newer(),
      'Newer',
      key('['),
    )
    const older = button(
      { disabled: next === null, 'aria-keyshortcuts': ']' },
      () => this.#older(),
      'Older',
      key(']'),
    )
    replaceChildren(
      this.#events,
      h('div', { class: 'heading' }, h('h3', {}, 'Events'), h('div', { class: 'tools' }, newer, older)),
      events.length === 0 ? h('p', { class: 'dim' }, 'None in this time.') : eventTable(events),
    )
  }

  #older(): void {
    if (this.#next === null) return
    this.#pages.push(this.#next)
    void this.#trying(() => this.#loadEvents())
  }

  #newer(): void {
    if (this.#pages.length === 1) return
    this.#pages.pop()
    void this.#trying(() => this.#loadEvents())
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#gone.signal.aborted) return
      if (error instanceof AskError)
        replaceChildren(
          this.#events,
          failure(error, () => void this.#load()),
        )
      else throw error
    }
  }
}

function eventTable(events: readonly TimelineEvent[]): HTMLElement {
  const rows = events.map(({ ms, name: host, kind, root, path, bytes, about, offset }) => [
    h('time', { class: 'time', datetime: new Date(ms).toISOString() }, formatTime(ms)),
    name(host),
    formatCount(offset),
    kind,
    bytes === 0 ? '' : formatSize(bytes),
    [
      path === null ? null : h('code', {}, `${root ?? ''}/${path}`),
      about === null ? null : h('bdi', {}, path === null ? about : ` ${about}`),
    ],
  ])
  return table('Events, the latest first', ['Time', 'Host', 'Offset>', 'Kind', 'Bytes>', 'What'], rows)
}

function placeText({ ms, counter, log, offset }: TimelinePlace): string {
  return `${ms}.${counter}.${log}.${offset}`
}
