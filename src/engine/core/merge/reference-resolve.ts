import { type Key, laterKey, comparePlaces, type Place } from './order.js'
import { cellsOf, linesIn, prefixesOf } from './reference-cells.js'
import { find, note } from './reference-past.js'
import { type Copy, type History, latin, nextItem, type Past, placeOf } from './reference-types.js'
import type { MergeFormat, StreamEvent } from './types.js'

/** Takes a resolution; false where something before it is missing. */
export function resolve(
  history: History,
  format: MergeFormat,
  source: StreamEvent,
  parents: readonly Past[],
  undone: boolean,
): boolean {
  const { body } = source.event
  if (body.kind !== 'resolve') return false
  const heads = find(history, body.heads)
  const cells = cellsOf(history, body.pieces)
  if (!heads || !cells) return false
  const undoes = body.choice === 'undo'
  const lines = undoes
    ? []
    : linesIn(history, [
        ...cells,
        ...(cells.at(-1)?.byte === 10 || cells.length === 0 ? [] : [{ event: null, at: 0, byte: 10 }]),
      ])
  const kept = new Set(lines.flatMap(({ copy }) => (copy?.newline ? [copy.item] : [])))
  const all = [...heads, ...parents]
  const brought = latin(cells.map(({ byte }) => byte))
  const ended = format.shape !== 'ordered' || brought === '' || brought.endsWith('\n')
  const text = ended ? brought : `${brought}\n`
  let from = all
  if (undone && !undoes) {
    from = all.filter((head) =>
      format.shape === 'ordered'
        ? text.startsWith(head.text)
        : head.text === '' || head.text.slice(head.text.indexOf(':') + 1) === text,
    )
  }
  const facts = { kept, heads, undone }
  if (undone && !undoes && format.shape !== 'ordered' && format.shape !== 'whole') {
    const past = note(
      history,
      null,
      source,
      [],
      new Uint8Array(0),
      all.reduce<Key | null>((key, head) => (key ? laterKey(key, head.key) : head.key), null),
      facts,
    )
    keepWhole(history, past, all, kept)
    return true
  }
  const key = all.reduce<Key | null>((before, head) => (before ? laterKey(before, head.key) : head.key), null)
  const past = note(history, null, source, undoes ? [] : undone ? from : all, new Uint8Array(0), key, facts)
  if (undone) past.parents.length = 0
  if (undone && !undoes)
    past.text = from.map((head) => head.text).sort((a, b) => b.length - a.length)[0] ?? ''
  else if (!undoes && !undone && format.shape === 'ordered') past.text = text
  else if (!undoes && !undone && format.shape === 'whole')
    past.text =
      heads.find((head) => head.text.slice(head.text.indexOf(':') + 1) === text)?.text ??
      nextItem(past.copies, text)
  if (undoes || undone) return true
  if (format.shape === 'whole') {
    const copy: Copy = {
      ...placeOf(past, 0),
      event: past,
      content: text,
      item: past.text,
      cells,
      newline: null,
    }
    history.copies.push(copy)
    past.copies.add(copy)
  } else if (format.shape === 'ordered') {
    prefixesOf(text).forEach((item, index) => {
      const line = lines[index]
      const copy: Copy = {
        ...placeOf(past, index),
        event: past,
        content: line?.content ?? '',
        item,
        cells: [],
        newline: null,
      }
      history.copies.push(copy)
      past.copies.add(copy)
    })
  } else {
    let before: Place | null = null
    let index = 0
    const counts = new Map<string, number>()
    for (const line of lines) {
      const count = (counts.get(line.content) ?? 0) + 1
      counts.set(line.content, count)
      const known = line.copy?.newline ? line.copy.item : `${count}:${line.content}`
      const standing = [...past.copies].filter((copy) => copy.item === known).sort(comparePlaces)[0]
      if (line.copy?.newline || standing) {
        kept.add(known)
        before = standing ?? before
        continue
      }
      const item = nextItem(past.copies, line.content)
      const place: Place = placeOf(past, index++, before === null ? null : (before.after ?? before))
      const copy: Copy = { ...place, event: past, content: line.content, item, cells: [], newline: null }
      history.copies.push(copy)
      past.copies.add(copy)
      kept.add(item)
      before = copy
    }
  }
  return true
}

/** Copies of the same events of one file in order. */
function lineOf(copy: Copy): string {
  return `${copy.event.file?.id ?? copy.event.id}|${copy.event.line}`
}

/** Through an undone resolution only what it kept is contained: of each line of events, up to the first record lost. */
function keepWhole(history: History, past: Past, heads: readonly Past[], kept: ReadonlySet<string>): void {
  const lost = new Map<string, number>()
  const inOrder = history.copies
  for (const head of heads) {
    for (const copy of head.copies) {
      if (kept.has(copy.item)) continue
      lost.set(lineOf(copy), Math.min(lost.get(lineOf(copy)) ?? Infinity, inOrder.indexOf(copy)))
    }
  }
  for (const head of heads) {
    for (const copy of head.copies) {
      if (inOrder.indexOf(copy) < (lost.get(lineOf(copy)) ?? Infinity)) past.copies.add(copy)
    }
    for (const id of head.events) {
      const event = history.events.get(id)
      if (!event) continue
      const limit = lost.get(`${event.file?.id ?? event.id}|${event.line}`)
      const own = inOrder.findIndex((copy) => copy.event === event)
      if (
        limit === undefined ||
        (own !== -1 &&
          [...event.copies].every((copy) => copy.event !== event || inOrder.indexOf(copy) < limit))
      )
        past.events.add(id)
    }
  }
}
