import { formatDuration } from '../../cli/format.js'
import { button, h, replaceChildren, sentenceNodes } from './dom.js'
import { sentence } from './failure.js'
import type { LiveOverview, LiveState } from './live-overview.js'

/** A word on whether what is shown is fresh. */
export function liveDot(live: LiveOverview): HTMLElement {
  const element = h('span', { class: 'live' })
  const show = (state: LiveState): void => {
    element.dataset['state'] = state.kind
    const words = { waiting: 'asking', live: 'live', failing: 'not fresh' }
    replaceChildren(element, h('span', { class: 'dot', 'aria-hidden': 'true' }), words[state.kind])
  }
  live.subscribe(show)
  show(live.state)
  return element
}

/** What is wrong where asking fails, and what happens next. */
export function liveNotice(live: LiveOverview): HTMLElement {
  const element = h('div', { class: 'notice-place', role: 'status' })
  let shown = ''
  live.subscribe((state) => {
    const now = state.kind === 'failing' ? `${state.error.message}${String(state.retryMs)}` : ''
    if (now === shown) return
    shown = now
    if (state.kind !== 'failing') return replaceChildren(element)
    const { error, retryMs } = state
    const then = retryMs === null ? '' : ` Asking again in ${formatDuration(retryMs)}.`
    replaceChildren(
      element,
      h(
        'p',
        { class: 'notice' },
        h('strong', {}, sentence(error.message)),
        ' ',
        ...sentenceNodes(error.next),
        `${then} `,
        button({}, () => live.again(), 'Ask now'),
      ),
    )
  })
  return element
}
