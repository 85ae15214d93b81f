import type { EventRef } from '../event.js'
import { keyAfter, type Key, laterKey } from './order.js'
import { textOf } from './reference-cells.js'
import {
  bytesOfText,
  type Cell,
  type Copy,
  type History,
  idOf,
  latin,
  nextItem,
  type Past,
  placeOf,
  type RefFile,
} from './reference-types.js'
import type { MergeFormat, StreamEvent } from './types.js'

export function fileOf(history: History, id: string): RefFile {
  let file = history.files.get(id)
  if (!file) {
    file = {
      id,
      cells: [],
      events: new Set(),
      copies: new Set(),
      last: null,
      line: -1,
      epoch: -1,
      state: 'live',
      wrote: false,
      continued: false,
      text: '',
      writes: [],
      drops: new Map(),
      replaces: null,
      lines: new Set(),
      lossy: new Map(),
      malformed: new Map(),
      closed: new Set(),
      joined: [],
      epochs: new Map(),
    }
    history.files.set(id, file)
  }
  return file
}

export function newLine(file: RefFile, events: Set<string>, copies: Set<Copy>): void {
  file.line++
  file.events = new Set(events)
  file.copies = new Set(copies)
  file.last = null
  file.replaces = null
}

export function begin(file: RefFile, cells: readonly Cell[]): void {
  file.cells = [...cells]
  file.text = textOf(cells)
  file.writes = []
}

/** Adds an event to its file's line. */
export function note(
  history: History,
  file: RefFile | null,
  source: StreamEvent,
  parents: readonly Past[],
  bytes: Uint8Array,
  keyBefore: Key | null,
  resolution?: { kept: Set<string>; heads: readonly Past[]; undone: boolean },
  follows: readonly Past[] | null = null,
): Past {
  const all = [...(file?.last ? [file.last] : []), ...(follows ?? []), ...parents]
  const candidates = follows ? [...follows, ...parents] : all
  const events = new Set(file?.events ?? [])
  const copies = new Set(file?.copies ?? [])
  for (const parent of all) {
    for (const id of parent.events) events.add(id)
    for (const copy of parent.copies) copies.add(copy)
  }
  let before = keyBefore
  for (const { key } of all) before = before ? laterKey(before, key) : key
  const id = idOf(source)
  events.add(id)
  const past: Past = {
    id,
    source,
    events,
    copies,
    bytes,
    file,
    line: file?.line ?? -1,
    text: '',
    cells: [],
    closed: null,
    ref: {
      log: source.event.log,
      offset: source.event.offset,
      digest: source.digest.slice(0, 16),
    },
    key: keyAfter(source.event.time, before),
    parents: candidates.filter(
      (a, at) =>
        candidates.indexOf(a) === at && !candidates.some((b) => b !== a && !b.undone && b.events.has(a.id)),
    ),
    kept: resolution?.kept ?? null,
    heads: resolution?.heads ?? [],
    undone: resolution?.undone ?? false,
  }
  history.events.set(id, past)
  if (file) {
    file.last = past
    file.events = new Set(events)
    file.copies = new Set(copies)
  }
  return past
}

export function bring(
  history: History,
  format: MergeFormat,
  file: RefFile,
  source: StreamEvent,
  bytes: Uint8Array,
  parents: readonly Past[],
  keyBefore: Key | null = null,
): void {
  if (file.line === -1) newLine(file, new Set(), new Set())
  const tips = settle(format, file, bytes, source.host)
  const past = note(history, file, source, parents, bytes, keyBefore, undefined, tips)
  if (tips) {
    file.replaces = null
    file.drops.clear()
  }
  for (const write of file.writes.toReversed()) {
    if (!write.heads.every((head) => past.events.has(head.id))) continue
    file.text = write.text
    break
  }
  file.writes = []
  const start = file.cells.length
  let from = file.cells.findLastIndex(({ byte }) => byte === 10) + 1
  bytes.forEach((byte, at) => file.cells.push({ event: past, at, byte }))
  if (format.shape === 'whole') {
    value(history, file, past)
  } else {
    let index = 0
    for (let at = start; at < file.cells.length; at++) {
      if (file.cells[at]?.byte !== 10) continue
      add(history, format, file, past, file.cells.slice(from, at + 1), index++)
      from = at + 1
    }
    past.text = file.text
  }
  past.cells = [...file.cells]
  file.state = 'live'
  file.wrote = true
}

/** A record of an event: the next occurrence of its bytes in the event's past. */
function add(
  history: History,
  format: MergeFormat,
  file: RefFile,
  past: Past,
  cells: readonly Cell[],
  index: number,
): void {
  const newline = cells.at(-1)?.byte === 10 ? (cells.at(-1) ?? null) : null
  const closed = newline ? cells.slice(0, -1) : cells
  const content = latin(closed.map(({ byte }) => byte))
  if (format.shape === 'ordered') file.text += `${content}\n`
  const item = format.shape === 'ordered' ? file.text : nextItem(file.copies, content)
  const copy: Copy = { ...placeOf(past, index), event: past, content, item, cells: closed, newline }
  history.copies.push(copy)
  file.copies.add(copy)
  if (file.closed.has(past)) past.closed = copy
  else past.copies.add(copy)
  file.drops.delete(item)
  if (file.lines.has(file.line) && format.describe(bytesOfText(content)) === null) {
    file.malformed.set(file.line, (file.malformed.get(file.line) ?? new Set()).add(item))
  }
}

export function value(history: History, file: RefFile, past: Past): void {
  const content = latin(file.cells.map(({ byte }) => byte))
  const item = nextItem(file.copies, content)
  const copy: Copy = {
    ...placeOf(past, 0),
    event: past,
    content,
    item,
    cells: [...file.cells],
    newline: null,
  }
  history.copies.push(copy)
  file.copies.add(copy)
  past.copies.add(copy)
  past.text = item
}

export function close(history: History, format: MergeFormat, file: RefFile, text: readonly Cell[]): boolean {
  const from = file.cells.findLastIndex(({ byte }) => byte === 10) + 1
  const open = file.cells.slice(from)
  const at = text.findIndex(
    (_, start) =>
      (start === 0 || text[start - 1]?.byte === 10) &&
      open.every((cell, index) => {
        const other = text[start + index]
        return other?.event === cell.event && other?.at === cell.at
      }) &&
      text[start + open.length]?.byte === 10,
  )
  if (open.length === 0 || at === -1) return false
  const past = open.at(-1)?.event
  if (
    format.shape === 'whole' ||
    !past ||
    file.closed.has(past) ||
    past.file !== file ||
    past.line !== file.line
  )
    return true
  file.closed.add(past)
  const index = history.copies.filter((copy) => copy.event === past).length
  add(history, format, file, past, open, index)
  return true
}

function settle(format: MergeFormat, file: RefFile, bytes: Uint8Array, host: string): Past[] | null {
  if (!file.replaces) return null
  const content = Uint8Array.from([...file.cells.map(({ byte }) => byte), ...bytes])
  if (!format.wellFormed(content)) return null
  const lines = new Set(latin(content).split('\n').slice(0, -1))
  const { dropped, tips } = file.replaces
  const foreign = dropped.some(({ content: line, item }) => {
    if (lines.has(line)) return false
    return !tips
      .flatMap((tip) => [...tip.copies])
      .some((copy) => copy.item === item && copy.event.source.host === host)
  })
  return foreign ? null : tips
}

export function find(history: History, refs: readonly EventRef[]): Past[] | null {
  const found: Past[] = []
  for (const ref of refs) {
    const past = history.events.get(`${ref.log}:${ref.offset}`)
    if (!past || past.ref.digest !== ref.digest.slice(0, 16)) return null
    found.push(past)
  }
  return found
}
