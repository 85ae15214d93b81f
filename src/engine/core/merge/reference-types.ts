import type { EventRef } from '../event.js'
import type { Key, Place } from './order.js'
import type { StreamEvent } from './types.js'

/** One byte of a file, with the event that brought it; `event` null for a newline that none did. */
export interface Cell {
  readonly event: Past | null
  readonly at: number
  readonly byte: number
}

export interface Copy extends Place {
  readonly event: Past
  readonly content: string
  /** Which record of the view it is. */
  readonly item: string
  readonly cells: readonly Cell[]
  readonly newline: Cell | null
}

/** An event of the history with everything before it, as plain sets. */
export interface Past {
  readonly id: string
  readonly ref: EventRef
  readonly source: StreamEvent
  readonly key: Key
  /** Ids of events that it contains whole, its own among them. */
  readonly events: Set<string>
  readonly copies: Set<Copy>
  readonly bytes: Uint8Array
  readonly parents: Past[]
  readonly file: RefFile | null
  /** Generations of its file that a reset began count apart. */
  readonly line: number
  /** The text (ordered) or value (whole) that it ends in. */
  text: string
  cells: Cell[]
  /** The record that a write-back made of its tail. */
  closed: Copy | null
  readonly kept: Set<string> | null
  readonly heads: readonly Past[]
  readonly undone: boolean
}

export interface RefFile {
  readonly id: string
  cells: Cell[]
  /** What its next event contains; null before the first of a chain. */
  events: Set<string>
  copies: Set<Copy>
  last: Past | null
  line: number
  epoch: number
  state: 'live' | 'removed' | 'moved'
  wrote: boolean
  continued: boolean
  /** Ordered: the text that the next append continues, and what write-backs since offer. */
  text: string
  writes: { heads: Past[]; text: string }[]
  drops: Map<string, Past>
  replaces: { tips: Past[]; dropped: Copy[] } | null
  lines: Set<number>
  lossy: Map<number, Past>
  malformed: Map<number, Set<string>>
  closed: Set<Past>
  /** Events that it was written to contain. */
  joined: { own: Past; head: Past }[]
  epochs: Map<number, Cell[]>
}

export interface History {
  readonly events: Map<string, Past>
  readonly copies: Copy[]
  readonly files: Map<string, RefFile>
  readonly waiting: string[]
}

export const latin = (bytes: Iterable<number>): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

export const bytesOfText = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

export function nextItem(copies: Iterable<Copy>, content: string): string {
  const known = new Set<string>()
  for (const copy of copies) if (copy.content === content) known.add(copy.item)
  return `${known.size + 1}:${content}`
}

export function placeOf(past: Past, index: number, after: Place | null = null): Place {
  return { key: past.key, log: past.ref.log, offset: past.ref.offset, index, after }
}

/** A write-back that ends the open line makes it a record. */
export function idOf({ event }: StreamEvent): string {
  return `${event.log}:${event.offset}`
}
