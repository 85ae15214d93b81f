import type { HostId, LogId } from '../../../src/engine/core/event.js'
import type { StreamView } from '../../../src/engine/core/merge/stream-view.js'
import { createStreamView } from '../../../src/engine/core/merge/stream-view.js'
import { mergeFormatOf } from '../../../src/engine/formats/rules-merge.js'
import type { LogReader } from '../../../src/engine/ports/log.js'
import { holds } from '../failure.js'
import { StreamIndex } from '../../../src/engine/streams/stream-index.js'
import { StreamViews } from '../../../src/engine/streams/stream-views.js'
import type { Hasher } from '../../../src/engine/ports/hash.js'
import { refText, streamFacts, type StreamFacts } from '../fleet/stream-facts.js'

/** One host's store at the end, and the order in which its events came. */
export interface HostStore {
  readonly name: string
  readonly reader: LogReader
  readonly hasher: Hasher
  readonly order: readonly { readonly log: LogId; readonly offset: number }[]
}

/** The views that one host derives of its own store. */
export interface HostViews {
  readonly name: string
  readonly facts: ReadonlyMap<string, StreamFacts>
  readonly views: ReadonlyMap<string, StreamView>
}

/** How a view is made of a format; a planted fault may stand in. */
export type MakeView = typeof createStreamView

/** Derives every stream of a host as its events came, with questions in between: what is kept must not depend on them. */
export async function deriveViews(
  { name, reader, hasher, order }: HostStore,
  make: MakeView = createStreamView,
): Promise<HostViews> {
  const facts = await streamFacts(reader, order)
  const views = new Map<string, StreamView>()
  for (const [key, { stream, path, events }] of facts) {
    const view = make(mergeFormatOf(stream.format, path))
    for (const [index, event] of events.entries()) {
      view.add(event)
      if (index % 5 === 4) view.view().text.slice()
      if (index % 11 === 10) view.conflicts()
    }
    // What waits for another continuation of a parted log is shown without it.
    const entry = view.waiting().length > 0 ? (await StreamIndex.load(reader)).get(key) : undefined
    views.set(key, entry ? await new StreamViews({ reader, hasher }).open(entry) : view)
  }
  return { name, facts, views }
}

/** All hosts hold the same events, but for logs that parted. */
export function checkSameEvents(hosts: readonly HostStore[], parted: ReadonlySet<LogId>): void {
  const heads = new Map<LogId, string>()
  for (const { name, reader } of hosts) {
    for (const { log, events, chain, lost } of reader.logs()) {
      if (parted.has(log)) continue
      const state = `${events} events, chain ${Buffer.from(chain).toString('hex', 0, 8)}, lost ${JSON.stringify(lost)}`
      const known = heads.get(log)
      holds(
        known === undefined || known === state,
        'convergent',
        () => `${name} has of log ${log.slice(0, 8)} ${state}; another host ${known}`,
      )
      heads.set(log, state)
    }
  }
  for (const { name, reader } of hosts) {
    for (const log of heads.keys()) {
      holds(
        reader.log(log) !== undefined,
        'convergent',
        () => `${name} has nothing of log ${log.slice(0, 8)}`,
      )
    }
  }
}

/**
 * `convergent`: hosts with equal events hold equal views, byte for byte, agree on conflicts and on what each host's file
 * should be, whatever the order of arrival. Streams of logs that parted are left out: their events are not equal.
 */
export function checkConvergent(hosts: readonly HostViews[], parted: ReadonlySet<LogId>): void {
  const answers = new Map<string, { readonly name: string; readonly answer: Answer }>()
  for (const { name, facts, views } of hosts) {
    for (const [key, view] of views) {
      const events = facts.get(key)?.events ?? []
      if (events.some(({ event }) => parted.has(event.log))) continue
      const answer = answerOf(view, [...new Set(events.map(({ host }) => host))].toSorted())
      const known = answers.get(key)
      if (!known) answers.set(key, { name, answer })
      else compare(key, known, { name, answer })
    }
  }
}

type Answer = Readonly<Record<string, string>>

/** All that a view says of its stream, as text to compare. */
function answerOf(view: StreamView, hosts: readonly HostId[]): Answer {
  const { text, state, heads, tails, incomplete } = view.view()
  const files = hosts.map((host) => {
    const { text: own, heads: stated, shows } = view.viewFor(host)
    const bytes = own && Buffer.from(view.read(own.slice())).toString('latin1')
    return [host, shows, bytes, stated.map(refText)]
  })
  return {
    text: Buffer.from(view.read(text.slice())).toString('latin1'),
    state,
    heads: heads.map(refText).join(' '),
    tails: JSON.stringify(tails),
    incomplete: String(incomplete),
    conflicts: JSON.stringify(view.conflicts()),
    waiting: JSON.stringify(view.waiting()),
    files: JSON.stringify(files),
  }
}

function compare(
  key: string,
  a: { readonly name: string; readonly answer: Answer },
  b: { readonly name: string; readonly answer: Answer },
): void {
  for (const [part, said] of Object.entries(a.answer)) {
    const other = b.answer[part] ?? ''
    if (said === other) continue
    let at = 0
    while (at < said.length && said[at] === other[at]) at += 1
    const show = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 120))
    holds(
      false,
      'convergent',
      () => `${key}: ${part} differs from ${at}: ${a.name} ${show(said)}, ${b.name} ${show(other)}`,
    )
  }
}
