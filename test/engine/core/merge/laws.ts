/** The laws of merging as checks of one generated history. Each throws what it found broken. */
import assert from 'node:assert/strict'
import { mergeFromScratch } from '../../../../src/engine/core/merge/reference.js'
import { createStreamView, type StreamView } from '../../../../src/engine/core/merge/stream-view.js'
import type { MergeFormat, StreamEvent } from '../../../../src/engine/core/merge/types.js'
import type { MadeHistory } from '../../../fixtures-gen/histories.js'
import { isSubset, maximal, type Snapshot } from '../../../fixtures-gen/history-snapshots.js'
import type { SeededRandom } from '../../../fixtures-gen/random.js'

const decoder = new TextDecoder('latin1')

/** What a view says, as one comparable value. */
export function saying(view: StreamView, hosts: readonly string[]): unknown {
  const canonical = view.view()
  return {
    bytes: decoder.decode(view.read(canonical.text.slice())),
    pieces: canonical.text.slice(),
    heads: canonical.heads,
    state: canonical.state,
    tails: canonical.tails,
    allHeads: view.heads(),
    conflicts: view.conflicts(),
    waiting: view.waiting(),
    hosts: hosts.map((host) => {
      const { text, ...rest } = view.viewFor(host)
      return { ...rest, bytes: text && decoder.decode(view.read(text.slice())) }
    }),
  }
}

export function viewOf(format: MergeFormat, events: Iterable<StreamEvent>): StreamView {
  const view = createStreamView(format)
  for (const event of events) view.add(event)
  return view
}

export function shuffled<T>(values: readonly T[], random: SeededRandom): T[] {
  const mixed = [...values]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random.int(at + 1)
    ;[mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]
  }
  return mixed
}

/** Any order of arrival, any batching, events given twice: the same answers. */
export function checkConvergent(history: MadeHistory, format: MergeFormat, random: SeededRandom): void {
  const hosts = history.hosts.map(({ host }) => host)
  const expected = saying(viewOf(format, history.events), hosts)
  const mixed = shuffled(history.events, random)
  const asked = createStreamView(format)
  for (const event of mixed) {
    asked.add(event)
    if (random.chance(0.3)) asked.view()
    if (random.chance(0.1)) asked.conflicts()
    if (random.chance(0.2)) asked.add(random.pick(mixed.slice(0, 1 + mixed.indexOf(event))))
  }
  assert.deepEqual(saying(asked, hosts), expected, 'any order, asked in between')
  const lazily = viewOf(format, history.events.toReversed())
  assert.deepEqual(saying(lazily, hosts), expected, 'in reverse, asked once')
}

/** The incremental view says what the reference says. */
export function checkReference(history: MadeHistory, format: MergeFormat): void {
  const view = viewOf(format, history.events)
  const expected = mergeFromScratch(history.events, format)
  const canonical = view.view()
  const got = {
    text: decoder.decode(view.read(canonical.text.slice())),
    state: canonical.state,
    heads: view
      .heads()
      .map(({ log, offset }) => `${log}:${offset}`)
      .sort(),
    waiting: view
      .waiting()
      .map(({ log, offset }) => `${log}:${offset}`)
      .sort(),
  }
  const { bytes, conflicts, ...rest } = expected
  assert.deepEqual(got, { text: decoder.decode(bytes), ...rest })
  const said = view.conflicts().map(
    ({ kind, status, branches }) =>
      `${kind} ${status} ${branches
        .map(({ head, records, hosts }) => `${head.log}:${head.offset} ${records} ${hosts.join(',')}`)
        .sort()
        .join(' | ')}`,
  )
  const wanted = new Set(
    conflicts.map(({ kind, status, branches }) => `${kind} ${status} ${branches.join(' | ')}`),
  )
  // Two past conflicts that begin alike are one to the user, so fewer may be listed than were derived.
  for (const conflict of said)
    assert.ok(wanted.has(conflict), `false conflict ${conflict}\nof ${[...wanted].join('\n   ')}`)
  const open = (all: Iterable<string>): string[] => [...all].filter((text) => text.includes(' open ')).sort()
  assert.deepEqual(open(said), open(wanted), 'open conflicts')
}

/**
 * Every record that an event brought whole is in the canonical view or in a branch of a conflict. Malformed lines after
 * a lossy reset may be in an earlier generation only, and what was removed or moved in another's.
 */
export function checkLossless(history: MadeHistory, format: MergeFormat): void {
  if (history.events.some(({ event }) => event.body.kind === 'resolve')) return
  const view = viewOf(format, history.events)
  if (view.waiting().length > 0) return
  const seen = [decoder.decode(view.read(view.view().text.slice()))]
  for (const { branches } of view.conflicts()) {
    for (const { head } of branches) {
      const text = view.branchText(head)
      if (text) seen.push(decoder.decode(view.read(text.slice())))
    }
  }
  const left = history.events.some(({ event: { body } }) => body.kind === 'move' || body.kind === 'remove')
  if (left || format.rewrites) return
  const lines = new Set(seen.flatMap((text) => text.split('\n')))
  for (const token of writtenLines(history.events)) {
    const isRecord = format.describe(Buffer.from(token, 'latin1')) !== null
    assert.ok(lines.has(token) || !isRecord, `lost ${token}`)
  }
}

/**
 * Write-back settles: once every host knows everything, each writes at most once, and what was written changes neither
 * the view nor what there is to write. Changes the history's hosts.
 */
export function checkSettles({ maker, hosts }: MadeHistory): void {
  const [first] = hosts
  if (!first || first.view.waiting().length > 0) return
  const everyone = (act: (host: (typeof hosts)[0]) => void): void => hosts.forEach(act)
  const exchange = (): void => everyone((to) => everyone((from) => maker.deliver(from, to)))
  exchange()
  // A write-back ends an unterminated tail, which makes it a record: that is a change.
  if (first.view.view().tails.length > 0) return
  const shown = (): string => decoder.decode(first.view.read(first.view.view().text.slice()))
  const before = shown()
  everyone((host) => void maker.writeBack(host))
  exchange()
  assert.equal(shown(), before, 'what was written back changed the view')
  everyone((host) => assert.equal(maker.writeBack(host), false, `${host.host} still has something to write`))
}

/** Lines that lie within one event: each is a record whatever came before. */
function writtenLines(events: readonly StreamEvent[]): string[] {
  return events.flatMap(({ event: { body } }) =>
    body.kind === 'append' ? decoder.decode(body.bytes).split('\n').slice(1, -1) : [],
  )
}

/** The conflicts found are exactly those made: forks of the snapshots, and appends that brought forks together. */
export function checkExact(history: MadeHistory, format: MergeFormat): void {
  const view = viewOf(format, history.events)
  assert.deepEqual(view.waiting(), [])
  // Lines by first appearance, torn ones too: times are in the order of events here.
  const order = new Map<string, number>()
  for (const { tokens } of history.snapshots) {
    for (const token of tokens) if (!order.has(token)) order.set(token, order.size)
  }
  const name = (branches: readonly ReadonlySet<string>[]): string =>
    branches
      .map((own) => Math.min(...[...own].map((token) => order.get(token) ?? 0)))
      .sort((a, b) => a - b)
      .join('|')
  const own = (sets: readonly ReadonlySet<string>[]): ReadonlySet<string>[] => {
    const kept = [...sets]
    const ownOf = (set: ReadonlySet<string>): Set<string> =>
      new Set([...set].filter((token) => !kept.some((other) => other !== set && other.has(token))))
    for (const set of sets) if (kept.length > 2 && ownOf(set).size === 0) kept.splice(kept.indexOf(set), 1)
    return kept.map(ownOf)
  }
  const groups = related(history.snapshots)
  const tipsOf = groups.map((group) => maximal(group).map(({ tokens }) => tokens))
  const open = tipsOf.filter((tips) => tips.length > 1).map((tips) => name(own(tips)))
  const merged = new Set<string>()
  for (const { parents } of history.snapshots) {
    if (parents.length > 1) merged.add(name(own(parents.map(({ tokens }) => tokens))))
  }
  for (const id of open) merged.delete(id)
  const found = view.conflicts()
  const kinds = found.filter(({ status }) => status === 'open').map(({ kind }) => kind)
  assert.deepEqual(
    kinds.filter((kind) => kind === 'unrelated').length,
    groups.length > 1 ? 1 : 0,
    'unrelated',
  )
  assert.equal(kinds.filter((kind) => kind !== 'unrelated').length, open.length, 'open conflicts')
  assert.equal(found.filter(({ status }) => status === 'merged').length, merged.size, 'merged conflicts')
  const sizes = (counts: readonly number[][]): string[] =>
    counts.map((each) => each.sort((a, b) => a - b).join()).sort()
  assert.deepEqual(
    sizes(
      found
        .filter(({ status, kind }) => status === 'open' && kind !== 'unrelated')
        .map(({ branches }) => branches.map(({ records }) => records)),
    ),
    sizes(tipsOf.filter((tips) => tips.length > 1).map((tips) => own(tips).map((set) => set.size))),
    'branches',
  )
  const [tips] = tipsOf
  if (tips?.length === 1 && groups.length === 1 && format.shape !== 'ordered') {
    const bytes = decoder.decode(view.read(view.view().text.slice()))
    assert.ok(isSubset(tips[0] as ReadonlySet<string>, new Set(bytes.split('\n'))))
  }
}

/** Snapshots in groups that share lines; those without a line are nobody's text. */
function related(snapshots: readonly Snapshot[]): Snapshot[][] {
  const groups: { tokens: Set<string>; snapshots: Snapshot[] }[] = []
  for (const snapshot of snapshots) {
    if (snapshot.tokens.size === 0) continue
    const mine = { tokens: new Set(snapshot.tokens), snapshots: [snapshot] }
    for (const group of groups.filter(({ tokens }) => [...tokens].some((token) => mine.tokens.has(token)))) {
      for (const token of group.tokens) mine.tokens.add(token)
      mine.snapshots = [...group.snapshots, ...mine.snapshots]
      groups.splice(groups.indexOf(group), 1)
    }
    groups.push(mine)
  }
  return groups.map((group) => group.snapshots)
}
