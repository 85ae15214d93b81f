import { ConflictListView } from './conflict-list-view.js'
import { ConflictView } from './conflict-view.js'
import { button, h, name, replaceChildren } from './dom.js'
import { showHelp } from './help.js'
import { liveDot, liveNotice } from './live-line.js'
import { LiveOverview } from './live-overview.js'
import { OverviewView } from './overview-view.js'
import { PreviewView } from './preview-view.js'
import { TimelineView } from './timeline-view.js'
import type { Page, Tone, View } from './view.js'

const live = new LiveOverview()
const main = h('main', { id: 'main', tabindex: -1 })
const said = h('p', { class: 'said', role: 'status', 'aria-live': 'polite' })
const openCount = h('span', { class: 'count' })
const hostName = h('span', { class: 'host' })
const links = [
  { place: '/', key: 'o', link: h('a', { href: '#/' }, 'Overview') },
  { place: '/timeline', key: 't', link: h('a', { href: '#/timeline' }, 'Timeline') },
  { place: '/conflicts', key: 'c', link: h('a', { href: '#/conflicts' }, 'Conflicts', openCount) },
]
let view: View | null = null
/** Where somebody was in the list, to come back to. */
let cameFrom = ''

const page: Page = {
  live,
  go: (place) => {
    location.hash = place
  },
  say: (words, tone: Tone = 'plain') => {
    said.dataset['tone'] = tone
    replaceChildren(said, words)
  },
}

document.body.append(
  h('a', { class: 'skip', href: '#main' }, 'To the content'),
  h(
    'header',
    { class: 'top' },
    h('h1', {}, 'Holdfast', ' ', hostName),
    h('nav', { 'aria-label': 'Views' }, ...links.map(({ link }) => link)),
    liveDot(live),
    button({ class: 'quiet', 'aria-label': 'Keys', 'aria-keyshortcuts': '?' }, help, '?'),
  ),
  liveNotice(live),
  said,
  main,
)
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault()
  main.focus()
})
live.subscribe(() => {
  const status = live.latest?.status
  if (!status) return
  replaceChildren(openCount, status.conflicts > 0 && status.conflicts)
  replaceChildren(hostName, name(status.host))
})
addEventListener('hashchange', show)
addEventListener('keydown', onKey)
show()
live.now()

function show(): void {
  const place = location.hash.replace(/^#/, '') || '/'
  const old = view
  view = viewOf(place)
  old?.close()
  // What was said about another view is no longer of interest; a decision leads to the view that it is about.
  if (old && !(old instanceof PreviewView)) page.say('')
  document.title = `${view.title} – Holdfast`
  for (const each of links) {
    const current = each.place === '/' ? place === '/' : place.startsWith(each.place)
    if (current) each.link.setAttribute('aria-current', 'page')
    else each.link.removeAttribute('aria-current')
  }
  main.replaceChildren(view.element)
  main.focus({ preventScroll: true })
  if (place !== cameFrom) scrollTo(0, 0)
  cameFrom = place
}

function viewOf(place: string): View {
  const [, first = '', id = '', choice = '', branch = ''] = place.split('/')
  if (first === 'timeline') return new TimelineView(page)
  if (first !== 'conflicts') return new OverviewView(page)
  if (!/^[0-9a-f]+$/.test(id)) return new ConflictListView(page, id.replace(/^\?/, ''))
  if (choice === 'union' || choice === 'split') return new PreviewView(page, id, choice, null)
  if (choice === 'keep' && /^[1-9]$/.test(branch))
    return new PreviewView(page, id, choice, Number(branch) - 1)
  return new ConflictView(page, id)
}

function onKey(event: KeyboardEvent): void {
  const { target, key: pressed } = event
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
  if (document.querySelector('dialog[open]')) return
  if (target instanceof Element && target.closest('input, select, textarea')) return
  // Buttons, links and what unfolds take Enter themselves.
  const takesEnter = target instanceof Element && target.closest('a, button, summary') !== null
  if ((pressed === 'Enter' || pressed === ' ') && takesEnter) return
  if (view?.onKey(pressed) || everywhere(pressed)) event.preventDefault()
}

function everywhere(pressed: string): boolean {
  const link = links.find(({ key }) => key === pressed)
  if (link) page.go(link.place)
  else if (pressed === '?') help()
  else if (pressed === 'r') live.again()
  else if (pressed === 'Escape') page.go(location.hash.startsWith('#/conflicts/') ? '/conflicts' : '/')
  else return false
  return true
}

function help(): void {
  if (view) showHelp(view.title, view.keys)
}
