import { counted } from '../../cli/counted.js'
import { formatCount, formatSize } from '../../cli/format.js'
import type {
  ChoiceName,
  ConflictDetail,
  HostEffect,
  ResolutionPreview,
  SplitSession,
} from '../../daemon/operations/conflicts.js'
import { AskError, read, send } from './ask.js'
import { branchName, choiceName, choiceSentence } from './conflict-words.js'
import { conflictHeading, heldNote } from './conflict-heading.js'
import { button, h, key, name, replaceChildren, type Child } from './dom.js'
import { failure } from './failure.js'
import { listStep, moveFocus } from './focus-list.js'
import { messageElement } from './message.js'
import { table } from './table.js'
import type { KeyHelp, Page, View } from './view.js'

/** What a choice would make of a session, before it is applied. */
export class PreviewView implements View {
  readonly title = 'Result'
  readonly element = h('div', { class: 'view preview' }, h('p', { class: 'dim' }, 'Working out the result …'))
  readonly keys: KeyHelp = [
    [['j', 'k'], 'next, previous line'],
    [['a'], 'apply the choice'],
    [['Esc'], 'back to the branches'],
  ]
  readonly #page: Page
  readonly #id: string
  readonly #choice: ChoiceName
  /** Counted from 0; null where the choice names none. */
  readonly #branch: number | null
  readonly #gone = new AbortController()
  #preview: ResolutionPreview | null = null
  #host: string | undefined
  #busy = false
  readonly #problem = h('div')
  readonly #apply = button(
    { class: 'primary', 'aria-keyshortcuts': 'a' },
    () => void this.#resolve(),
    'Apply',
    key('a'),
  )

  constructor(page: Page, id: string, choice: ChoiceName, branch: number | null) {
    this.#page = page
    this.#id = id
    this.#choice = choice
    this.#branch = branch
    void this.#load()
  }

  onKey(pressed: string): boolean {
    const step = listStep(pressed)
    if (step !== null) moveFocus([...this.element.querySelectorAll<HTMLElement>('.lines > .message')], step)
    else if (pressed === 'a') void this.#resolve()
    else if (pressed === 'Escape') this.#page.go(`/conflicts/${this.#id}`)
    else return false
    return true
  }

  close(): void {
    this.#gone.abort()
  }

  async #load(): Promise<void> {
    try {
      // A branch is named by its host, which only the conflict tells.
      if (this.#branch !== null) {
        const { conflict } = await read<ConflictDetail>(
          'conflict',
          { id: this.#id, limit: 0 },
          this.#gone.signal,
        )
        this.#host = branchName(conflict, this.#branch)
      }
      const preview = await send<ResolutionPreview>('preview', this.#asked())
      if (!this.#gone.signal.aborted) this.#show(preview)
    } catch (error) {
      if (this.#gone.signal.aborted) return
      if (!(error instanceof AskError)) throw error
      replaceChildren(
        this.element,
        failure(error, () => void this.#load()),
        this.#back(),
      )
    }
  }

  #asked() {
    const host = this.#host === undefined ? {} : { host: this.#host }
    return { id: this.#id, choice: this.#choice, ...host }
  }

  #show(preview: ResolutionPreview): void {
    this.#preview = preview
    replaceChildren(this.#problem)
    const { conflict, choice, host, hosts, sessions, length } = preview
    replaceChildren(
      this.element,
      conflictHeading(conflict, null, [' / ', choiceName(choice, choice === 'keep' ? host : null)]),
      h(
        'section',
        { 'aria-labelledby': 'result' },
        h('h3', { id: 'result' }, `Result: ${choiceName(choice, choice === 'keep' ? host : null)}`),
        h(
          'p',
          {},
          choiceSentence(choice, host),
          ` The session will be ${formatSize(length)}. Nothing is changed yet.`,
        ),
        heldNote(conflict, this.#page.live.latest),
        effects(hosts),
        ...newSessions(sessions),
      ),
      difference(preview),
      this.#problem,
      h(
        'footer',
        { class: 'bar', 'aria-label': 'Apply' },
        this.#apply,
        this.#back(),
        h(
          'p',
          { class: 'means' },
          'It is an event in the log: it goes to every host, and can be taken back.',
        ),
      ),
    )
    this.#apply.focus({ preventScroll: true })
  }

  #back(): HTMLElement {
    return button(
      { 'aria-keyshortcuts': 'Escape' },
      () => this.#page.go(`/conflicts/${this.#id}`),
      'Back',
      key('Esc'),
    )
  }

  async #resolve(): Promise<void> {
    const preview = this.#preview
    if (this.#busy || preview === null) return
    this.#busy = true
    this.#apply.disabled = true
    this.#page.say('Applying …')
    try {
      await send('resolve', { ...this.#asked(), basis: preview.basis })
      this.#page.live.now()
      this.#page.say(
        `${choiceName(this.#choice, this.#choice === 'keep' ? preview.host : null)} is decided. z takes it back.`,
        'good',
      )
      this.#page.go(`/conflicts/${this.#id}`)
    } catch (error) {
      if (!(error instanceof AskError)) throw error
      this.#page.say('It was not applied.', 'bad')
      // What was shown is no longer what would come of it: it is worked out and looked at anew.
      const again = (): void => {
        this.#page.say('')
        void this.#load()
      }
      replaceChildren(this.#problem, failure(error, again))
      this.#problem.scrollIntoView({ block: 'nearest' })
    } finally {
      this.#busy = false
      this.#apply.disabled = false
    }
  }
}

const changes: Readonly<Record<HostEffect['change'], string>> = {
  unchanged: 'stays as it is',
  appended: 'grows',
  rewritten: 'is rewritten',
  absent: 'has no such file',
}

function effects(hosts: readonly HostEffect[]): HTMLElement {
  const rows = hosts.map(({ host, change, before, after, added, removed }) => [
    name(host),
    changes[change],
    lineChange(added, removed),
    formatSize(before),
    formatSize(after),
  ])
  return table('The file on each host', ['Host', 'Its file', 'Lines>', 'Now>', 'Then>'], rows)
}

function lineChange(added: number, removed: number): Child {
  if (added + removed === 0) return h('span', { class: 'dim' }, '–')
  return [
    added > 0 && h('span', { class: 'plus' }, `+${formatCount(added)}`),
    added > 0 && removed > 0 && ' ',
    removed > 0 && h('span', { class: 'minus' }, `−${formatCount(removed)}`),
  ]
}

function newSessions(sessions: readonly SplitSession[]): Child[] {
  if (sessions.length === 0) return []
  const rows = sessions.map(({ session, host, path, length }) => [
    name(host),
    h('code', {}, session),
    formatSize(length),
    h('code', {}, path),
  ])
  return [
    h('h3', {}, 'New sessions'),
    table('Sessions that branches become', ['Branch of', 'Session', 'Size>', 'File on this host'], rows),
  ]
}

function difference({ difference: { added, removed, lines, more } }: ResolutionPreview): HTMLElement {
  const shown = lines.map(({ sign, message }) => {
    const said = sign === '+' ? 'added' : sign === '-' ? 'removed' : 'stays'
    const mark = h('span', { class: 'sign', 'aria-hidden': 'true' }, sign === '-' ? '−' : sign)
    const element = messageElement(message, `${said}: ${message.role}`, mark)
    element.classList.add(said)
    return element
  })
  const none = h(
    'p',
    { class: 'dim' },
    'Nothing: the merged session stays as it is, and the files above come to it.',
  )
  return h(
    'section',
    { 'aria-labelledby': 'difference' },
    h('h3', { id: 'difference' }, 'What changes in the session'),
    h(
      'p',
      { class: 'note' },
      h('span', { class: 'plus' }, `+${counted(added, 'line')}`),
      ' ',
      h('span', { class: 'minus' }, `−${counted(removed, 'line')}`),
    ),
    shown.length === 0 ? none : h('div', { class: 'lines' }, ...shown),
    more > 0 && h('p', { class: 'dim' }, `and ${counted(more, 'more line')}`),
  )
}
