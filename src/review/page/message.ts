import { formatCount, formatSize } from '../../cli/format.js'
import type { Message } from '../../daemon/operations/conflicts.js'
import { button, h, name, replaceChildren, type Child } from './dom.js'
import { moment } from './time-text.js'

/** Of a text so much is shown at once; the rest at a click. */
const shownMaxChars = 900
const shownMaxLines = 14
const summaryMaxChars = 90

/**
 * A record of a session as a person reads it.
 * @param label how a screen reader announces it
 */
export function messageElement(message: Message, label: string, sign: Child = null): HTMLElement {
  const { role, time, id, clash, malformed, tools } = message
  const marks = [
    clash && h('span', { class: 'badge open', title: id }, 'other bytes elsewhere'),
    malformed && role !== 'malformed' && h('span', { class: 'badge bad' }, 'malformed'),
  ]
  return h(
    'article',
    { class: `message role-${roleClass(role)}`, tabindex: -1, 'aria-label': label },
    h('header', {}, sign, h('span', { class: 'role' }, name(role)), ...marks, moment(time)),
    ...textOf(message),
    tools.length > 0 && h('ul', { class: 'tools' }, ...tools.map((tool) => h('li', {}, toolCall(tool)))),
  )
}

function roleClass(role: string): string {
  return role === 'user' || role === 'assistant' || role === 'tool' || role === 'malformed' ? role : 'other'
}

function textOf(message: Message): Child[] {
  const { text, cut, role } = message
  if (text === '' && cut === 0) return message.tools.length > 0 ? [] : [h('p', { class: 'dim' }, 'no text')]
  if (role !== 'tool') return [textBlock(message)]
  const [first = ''] = text.trimStart().split('\n', 1)
  const summary = h(
    'summary',
    {},
    h('span', { class: 'summary' }, h('bdi', {}, first.slice(0, summaryMaxChars))),
    h('span', { class: 'dim' }, ` ${formatSize(message.bytes)}`),
  )
  const details = h('details', { class: 'result' }, summary)
  // Made when it is opened: most never are.
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(textBlock(message))
  })
  return [details]
}

function textBlock({ text, cut }: Message): HTMLElement {
  const block = h('div', { class: 'text', dir: 'auto' })
  const short = shortened(text)
  const ending: Child =
    cut > 0 && h('p', { class: 'cut' }, `${formatCount(cut)} more characters are not shown here`)
  const showAll = (): void => replaceChildren(block, text, ending)
  if (short.length === text.length) showAll()
  else {
    const more = button(
      { class: 'more' },
      showAll,
      `Show ${formatCount(text.length - short.length)} more characters`,
    )
    replaceChildren(block, short, ' …', more)
  }
  return block
}

function shortened(text: string): string {
  const lines = text.split('\n', shownMaxLines + 1)
  const byLines = lines.length > shownMaxLines ? lines.slice(0, shownMaxLines).join('\n') : text
  const short = byLines.slice(0, shownMaxChars)
  // What is a little longer is shown whole, and no pair of surrogates is taken apart.
  if (text.length - short.length < 120) return text
  return /[\ud800-\udbff]$/.test(short) ? short.slice(0, -1) : short
}

function toolCall({ name: tool, detail }: Message['tools'][number]): HTMLElement {
  if (detail === '') return h('span', { class: 'tool' }, name(tool))
  return h(
    'details',
    {},
    h(
      'summary',
      {},
      h('span', { class: 'tool' }, name(tool)),
      ' ',
      h('span', { class: 'summary dim' }, h('bdi', {}, detail.slice(0, summaryMaxChars))),
    ),
    h('code', { class: 'text', dir: 'auto' }, detail),
  )
}
