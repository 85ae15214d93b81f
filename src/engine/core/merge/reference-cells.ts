import type { Piece } from '../event.js'
import { type Key, laterKey } from './order.js'
import { type Cell, type Copy, type History, latin, type Past } from './reference-types.js'
import type { MergeFormat } from './types.js'

export function cellsOf(history: History, pieces: readonly Piece[]): Cell[] | null {
  const cells: Cell[] = []
  for (const piece of pieces) {
    if ('newlines' in piece) {
      for (let at = 0; at < piece.newlines; at++) cells.push({ event: null, at: 0, byte: 10 })
      continue
    }
    const past = history.events.get(`${piece.log}:${piece.offset}`)
    if (!past || past.bytes.length < piece.from + piece.length) return null
    for (let at = piece.from; at < piece.from + piece.length; at++) {
      cells.push({ event: past, at, byte: past.bytes[at] ?? 0 })
    }
  }
  return cells
}

/** What cells contain: the pasts of their events, those events as far as they are there, and their records. */
export function containedIn(cells: readonly Cell[]): {
  events: Set<string>
  copies: Set<Copy>
  key: Key | null
} {
  const events = new Set<string>()
  const copies = new Set<Copy>()
  let key: Key | null = null
  const reached = new Map<Past, number>()
  let before: Cell | undefined
  const closed = new Set<Past>()
  for (const cell of cells) {
    if (cell.event) reached.set(cell.event, Math.max(reached.get(cell.event) ?? 0, cell.at + 1))
    else if (before?.event && before.at + 1 === before.event.bytes.length) closed.add(before.event)
    before = cell
  }
  for (const [past, length] of reached) {
    key = key ? laterKey(key, past.key) : past.key
    const whole = length >= past.bytes.length
    for (const id of past.events) if (id !== past.id || whole) events.add(id)
    for (const copy of past.copies) {
      if (copy.event !== past || endOf(copy) <= length) copies.add(copy)
    }
    if (past.closed && closed.has(past)) copies.add(past.closed)
  }
  return { events, copies, key }
}

/** Where a copy ends in what its event brought, its newline included. */
function endOf(copy: Copy): number {
  return copy.newline ? copy.newline.at + 1 : copy.event.bytes.length
}

/** Lines of a text with the records that they are. */
export function linesIn(
  history: History,
  cells: readonly Cell[],
): { end: number; copy: Copy | null; content: string }[] {
  const lines: { end: number; copy: Copy | null; content: string }[] = []
  let from = 0
  cells.forEach((cell, at) => {
    if (cell.byte !== 10) return
    const line = cells.slice(from, at)
    const copy = history.copies.find(
      (known) =>
        known.cells.length === line.length &&
        known.cells.every((own, index) => own.event === line[index]?.event && own.at === line[index]?.at) &&
        (known.newline === null
          ? line.length > 0
          : known.newline.event === cell.event && known.newline.at === cell.at),
    )
    lines.push({ end: at + 1, copy: copy ?? null, content: latin(line.map(({ byte }) => byte)) })
    from = at + 1
  })
  return lines
}

/** The item of each line: of one that is no event's own, the next occurrence of its bytes in the text. */
export function itemsIn(history: History, format: MergeFormat, cells: readonly Cell[]): string[] {
  if (format.shape === 'ordered') return prefixesOf(textOf(cells))
  const counts = new Map<string, number>()
  return linesIn(history, cells).map(({ copy, content }) => {
    counts.set(content, (counts.get(content) ?? 0) + 1)
    return copy?.newline ? copy.item : `${counts.get(content)}:${content}`
  })
}

export function textOf(cells: readonly Cell[]): string {
  const text = latin(cells.map(({ byte }) => byte))
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

export function prefixesOf(text: string): string[] {
  const prefixes: string[] = []
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    prefixes.push(text.slice(0, at + 1))
  return prefixes
}
