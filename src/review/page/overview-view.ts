import { counted } from '../../cli/counted.js'
import { damageMeaning } from '../../cli/damage-lines.js'
import { formatCount, formatDuration, formatSize } from '../../cli/format.js'
import { inboundText, peerText } from '../../cli/peer-text.js'
import type { OverviewAnswer } from '../api-types.js'
import { h, name, replaceChildren, sentenceNodes, svg, type Child } from './dom.js'
import { table, type Cell } from './table.js'
import { ago } from './time-text.js'
import type { KeyHelp, Page, View } from './view.js'

const plain = { good: String, warn: String, bad: String, dim: String, strong: String }
const findingsMax = 50

/** How this host stands: what needs somebody first, then hosts, peers and roots. */
export class OverviewView implements View {
  readonly title = 'Overview'
  readonly element = h('div', { class: 'view overview' })
  readonly keys: KeyHelp = []
  readonly #stop: () => void
  #shown = ''

  constructor({ live }: Page) {
    const show = (): void => this.#show(live.latest)
    this.#stop = live.subscribe(show)
    show()
  }

  onKey(): boolean {
    return false
  }

  close(): void {
    this.#stop()
  }

  #show(overview: OverviewAnswer | null): void {
    // Drawn again only where something changed: what somebody selected or is about to click stays.
    const state = JSON.stringify(overview)
    if (state === this.#shown) return
    this.#shown = state
    if (overview === null) replaceChildren(this.element, h('p', { class: 'dim' }, 'Asking this host …'))
    else replaceChildren(this.element, ...sections(overview))
  }
}

function sections(overview: OverviewAnswer): Child[] {
  return [facts(overview), findings(overview), hosts(overview), peers(overview), roots(overview)]
}

function facts({ status, daemon, nowMs }: OverviewAnswer): HTMLElement {
  const { conflicts, lastEvent, lagBytes, streams, events, bytes } = status
  const list = h(
    'dl',
    { class: 'facts' },
    fact('Daemon', daemonText(daemon), daemonNote(daemon, nowMs)),
    fact(
      'Last event',
      ago(lastEvent, nowMs),
      lagBytes > 0 ? `${formatSize(lagBytes)} on their way` : 'all durable',
    ),
    fact('Recorded', formatSize(bytes), `${counted(streams, 'file')}, ${counted(events, 'event')}`),
    fact('On disk', ...disk(status)),
    fact(
      'Open conflicts',
      conflicts > 0
        ? h('a', { href: '#/conflicts', class: 'warn-text' }, formatCount(conflicts))
        : h('span', { class: 'good-text' }, 'none'),
      conflicts > 0 ? 'wait for you to decide' : 'nothing to decide',
    ),
  )
  return h(
    'section',
    { 'aria-labelledby': 'this-host' },
    h('h2', { id: 'this-host' }, name(status.host), ' ', h('span', { class: 'dim' }, 'this host')),
    list,
  )
}

function fact(label: string, value: Child, note: Child): HTMLElement {
  return h('div', { class: 'fact' }, h('dt', {}, label), h('dd', {}, value), h('dd', { class: 'note' }, note))
}

function daemonText({ running, answers }: OverviewAnswer['daemon']): HTMLElement {
  if (!running) return h('span', { class: 'warn-text' }, 'not running')
  if (!answers) return h('span', { class: 'bad-text' }, 'does not answer')
  return h('span', { class: 'good-text' }, 'recording')
}

function daemonNote({ running, since }: OverviewAnswer['daemon'], nowMs: number): Child {
  if (!running) return h('code', {}, 'holdfast daemon start')
  return since === null ? '' : ['started ', ago(since, nowMs)]
}

function disk({ disk: { storeBytes, budgetBytes } }: OverviewAnswer['status']): [Child, Child] {
  if (budgetBytes === null) return [formatSize(storeBytes), 'no budget set']
  const share = Math.min(1, storeBytes / Math.max(1, budgetBytes))
  const over = storeBytes > budgetBytes
  const meter = svg(
    'svg',
    {
      class: over ? 'meter over' : 'meter',
      viewBox: '0 0 100 4',
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    svg('rect', { class: 'whole', width: 100, height: 4 }),
    svg('rect', { class: 'part', width: share * 100, height: 4 }),
  )
  const text = `of ${formatSize(budgetBytes)}${over ? ', over the budget' : ''}`
  return [formatSize(storeBytes), [meter, text]]
}

/** What needs somebody: each kind under a heading with the next step. */
function findings({ status }: OverviewAnswer): HTMLElement {
  const { suspects, logs, held, forks, problems, peers: known } = status
  const groups = [
    group(
      'May be damaged, kept out of history',
      ['Next: ', h('code', {}, 'holdfast recover')],
      suspects.map(({ root, path, reason, recorded, size }) => [
        place(root, path),
        `${damageMeaning(reason)}; ${formatSize(recorded)} recorded, ${formatSize(size)} on disk`,
      ]),
    ),
    group(
      'Lost in the log',
      ['Next: ', h('code', {}, 'holdfast recover'), ' refills what is still on disk'],
      logs.flatMap(({ host, lost }) =>
        lost.map(({ from, to }) => [
          name(host),
          `${counted(to - from, 'event')} from ${formatCount(from)} on`,
        ]),
      ),
    ),
    group(
      'Held: not written here for now',
      'They are written as soon as the reason is gone.',
      held.map(({ path, reason }) => [h('code', {}, path), reason]),
    ),
    group(
      'Peers that are not connected',
      null,
      known
        .filter(({ error, state }) => error !== null && (state === 'refused' || state === 'waiting'))
        .map((peer) => [
          name(peer.name),
          sentenceNodes(`${peer.error?.message ?? ''}. Next: ${peer.error?.next ?? ''}`),
        ]),
    ),
    group(
      'Two histories of one log; each is kept where it is',
      null,
      forks.map(({ host, log, peer, offset }) => [
        name(host),
        `log ${log.slice(0, 12)}: ${peer} has others from event ${formatCount(offset)} on`,
      ]),
    ),
    group(
      'Not recorded',
      null,
      problems.map(({ root, path, message }) => [place(root, path), message]),
    ),
  ].flat()
  const none = h('p', { class: 'dim' }, 'Nothing is held, damaged or out of reach.')
  return h(
    'section',
    { 'aria-labelledby': 'needs-you' },
    h('h2', { id: 'needs-you' }, 'Needs you'),
    ...(groups.length > 0 ? groups : [none]),
  )
}

function group(heading: string, next: Child, rows: readonly (readonly [Child, Child])[]): HTMLElement[] {
  if (rows.length === 0) return []
  const items = rows
    .slice(0, findingsMax)
    .map(([what, why]) => h('li', {}, h('span', { class: 'what' }, what), h('span', { class: 'why' }, why)))
  const more = rows.length - items.length
  return [
    h(
      'div',
      { class: 'finding' },
      h('h3', {}, heading),
      next === null ? null : h('p', { class: 'note' }, next),
      h('ul', {}, ...items, more > 0 && h('li', { class: 'dim' }, `and ${formatCount(more)} more`)),
    ),
  ]
}

function place(root: string, path: string): HTMLElement {
  return h('code', {}, path === '' ? root : `${root}/${path}`)
}

function hosts({ hosts: all, status, nowMs }: OverviewAnswer): HTMLElement {
  const rows = all.map(({ name: host, own, logs }): Cell[] => {
    const events = logs.reduce((sum, log) => sum + log.events, 0)
    const bytes = logs.reduce((sum, log) => sum + log.bytes, 0)
    const last = logs.reduce<string | null>(
      (late, log) => (log.last !== null && log.last > (late ?? '') ? log.last : late),
      null,
    )
    return [
      [name(host), own && h('span', { class: 'dim' }, ' this host')],
      formatCount(events),
      formatSize(bytes),
      formatCount(logs.length),
      ago(last, nowMs),
    ]
  })
  const columns = ['Host', 'Events>', 'Bytes>', 'Logs>', 'Last event']
  return section('hosts', 'Hosts', table(`Hosts whose logs are on ${status.host}`, columns, rows))
}

function peers({ status, nowMs }: OverviewAnswer): HTMLElement {
  const known = status.peers.map(({ key }) => key)
  const others = status.inbound.filter(({ key }) => key === null || !known.includes(key))
  const rows = [
    ...status.peers.map((peer): Cell[] => [
      name(peer.name),
      h(
        'span',
        { class: peerTone(peer.state) },
        peerText({ ...peer, sentLag: null, receivedLag: null }, nowMs, plain),
      ),
      lag(peer.sentLag, peer.unsentSeconds),
      lag(peer.receivedLag, null),
      ago(peer.lastContact, nowMs),
    ]),
    ...others.map((each): Cell[] => [
      name(each.host ?? 'somebody'),
      inboundText(each, nowMs),
      lag(each.sentLag, null),
      lag(each.receivedLag, null),
      ago(status.lastEvent === null ? null : each.since, nowMs),
    ]),
  ]
  const none = h(
    'p',
    { class: 'dim' },
    'No other machine is a peer of this one. Add one: ',
    h('code', {}, 'holdfast peer add'),
  )
  const columns = ['Peer', 'State', 'To send>', 'To receive>', 'Last contact']
  return section('peers', 'Peers', rows.length === 0 ? none : table('Peers of this host', columns, rows))
}

function peerTone(state: OverviewAnswer['status']['peers'][number]['state']): string | null {
  if (state === 'live') return 'good-text'
  return state === 'refused' ? 'bad-text' : null
}

function lag(events: number | null, seconds: number | null): Cell {
  if (events === null) return h('span', { class: 'dim' }, '–')
  const since = seconds !== null && seconds >= 1 ? ` for ${formatDuration(seconds * 1000)}` : ''
  return `${formatCount(events)}${events > 0 ? since : ''}`
}

function roots({ status }: OverviewAnswer): HTMLElement {
  const rows = status.roots.map(({ name: root, format, path, found, files }): Cell[] => [
    root,
    format,
    found ? formatCount(files) : h('span', { class: 'dim' }, 'not there'),
    h('code', {}, path),
  ])
  return section(
    'roots',
    'Watched folders',
    table('Folders that are recorded', ['Root', 'Format', 'Files>', 'Path'], rows),
  )
}

function section(id: string, heading: string, content: Child): HTMLElement {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, heading), content)
}
