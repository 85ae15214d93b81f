import { comparePlaces } from './order.js'
import { bytesOfText, type Copy, type History, type Past } from './reference-types.js'
import type { MergeFormat, StreamState } from './types.js'

/** Sets of events that are linked by ancestry, by a file's resets, or by a shared record. */
export function components(
  history: History,
  format: MergeFormat,
): { events: Past[]; state: Exclude<StreamState, 'empty'> }[] {
  const all = [...history.events.values()]
  const group = new Map<Past, number>(all.map((past, at) => [past, at]))
  const join = (a: Past, b: Past): void => {
    const [x, y] = [group.get(a), group.get(b)]
    if (x !== y) for (const [past, at] of group) if (at === y) group.set(past, x ?? 0)
  }
  const byItem = new Map<string, Past>()
  for (const past of all) {
    for (const id of past.events) {
      const other = history.events.get(id)
      if (other) join(past, other)
    }
    for (const copy of past.copies) join(past, copy.event)
    for (const head of past.heads) join(past, head)
    if (format.shape === 'whole' && all[0]) join(past, all[0])
  }
  for (const copy of history.copies) {
    const other = byItem.get(copy.item)
    if (other) join(copy.event, other)
    byItem.set(copy.item, copy.event)
  }
  for (const file of history.files.values()) {
    for (const { own, head } of file.joined) join(own, head)
    const own = all.filter((past) => past.file === file)
    for (const past of own)
      if (past.source.event.body.kind === 'reset') {
        const before = own.filter((other) => other.ref.offset < past.ref.offset).at(-1)
        if (before) join(past, before)
      }
  }
  const rank = { live: 0, removed: 1, moved: 2 }
  const groups = new Map<number, Past[]>()
  for (const [past, at] of group) groups.set(at, [...(groups.get(at) ?? []), past])
  const hasRecords = (events: readonly Past[]): boolean =>
    history.copies.some((copy) => events.includes(copy.event))
  const some = history.copies.length > 0
  return [...groups.values()]
    .filter((events) => !some || hasRecords(events))
    .map((events) => {
      let state: 'live' | 'removed' | 'moved' = 'moved'
      for (const file of history.files.values()) {
        if (
          file.wrote &&
          !file.continued &&
          file.last &&
          events.includes(file.last) &&
          rank[file.state] < rank[state]
        )
          state = file.state
      }
      return { events, state }
    })
    .sort(
      (a, b) => rank[a.state] - rank[b.state] || comparePlaces(firstPlace(a.events), firstPlace(b.events)),
    )
}

export function valueOf(past: Past): Uint8Array {
  return bytesOfText(past.text.slice(past.text.indexOf(':') + 1))
}

export function firstPlace(
  events: readonly Past[],
): Copy | { key: Past['key']; log: string; offset: number; index: number; after: null } {
  return events
    .map((past) => ({ key: past.key, log: past.ref.log, offset: past.ref.offset, index: 0, after: null }))
    .sort(comparePlaces)[0] as Copy
}

/** The longest text of whole lines with which all begin. */
export function commonLines(texts: readonly string[]): string {
  const [first = ''] = texts
  let common = ''
  for (let at = first.indexOf('\n'); at !== -1; at = first.indexOf('\n', at + 1)) {
    const text = first.slice(0, at + 1)
    if (!texts.every((other) => other.startsWith(text))) break
    common = text
  }
  return common
}
