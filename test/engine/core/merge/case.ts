/** Small histories written by hand. */
import { createHash } from 'node:crypto'
import type { EventBody, EventRef, FileFacts, Piece } from '../../../../src/engine/core/event.js'
import type { StreamView } from '../../../../src/engine/core/merge/stream-view.js'
import type { MergeFormat, StreamEvent } from '../../../../src/engine/core/merge/types.js'
import { viewOf } from './laws.js'

const decoder = new TextDecoder('latin1')

export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** What one host does to its file, event by event. Times are given by the order of the calls. */
export class Hand {
  readonly host: string
  readonly #all: StreamEvent[]
  #offset = 0
  #epoch = 0
  #length = 0

  constructor(name: string, all: StreamEvent[]) {
    this.host = name
    this.#all = all
  }

  append(text: string, parents: readonly EventRef[] = []): EventRef {
    const body = {
      kind: 'append' as const,
      file: facts,
      epoch: this.#epoch,
      position: this.#length,
      bytes: bytesOf(text),
    }
    this.#length += text.length
    return this.#add(body, parents)
  }

  withheld(length: number): EventRef {
    const body = {
      kind: 'append' as const,
      file: facts,
      epoch: this.#epoch,
      position: this.#length,
      bytes: bytesOf(''),
    }
    this.#length += length
    return this.#add(body, [], { withheld: length })
  }

  reset(keep: number): EventRef {
    this.#length = keep
    return this.#add({ kind: 'reset', file: facts, epoch: ++this.#epoch, keep })
  }

  written(keep: number, pieces: readonly Piece[], heads: readonly EventRef[]): void {
    if (keep < this.#length) this.#epoch++
    const added = pieces.reduce(
      (sum, piece) => sum + ('newlines' in piece ? piece.newlines : piece.length),
      0,
    )
    this.#length = keep + added
    this.#add({
      kind: 'written',
      file: facts,
      epoch: this.#epoch,
      keep,
      pieces,
      heads,
      length: this.#length,
      digest: '',
    })
  }

  remove(): EventRef {
    const ref = this.#add({ kind: 'remove', file: facts, epoch: this.#epoch++ })
    this.#length = 0
    return ref
  }

  move(): EventRef {
    const ref = this.#add({
      kind: 'move',
      file: facts,
      epoch: this.#epoch++,
      to: { root: 'r', path: 'archive/1' },
    })
    this.#length = 0
    return ref
  }

  value(text: string): EventRef {
    return this.#add({ kind: 'file', file: facts, epoch: this.#epoch++, bytes: bytesOf(text) })
  }

  base(source: Hand, length: number): EventRef {
    this.#length = length
    const from = { log: logOf(source.host), root: 'r', path: 'p', epoch: 0 }
    return this.#add({ kind: 'base', file: facts, epoch: 0, source: from, length, digest: '' })
  }

  /** A base whose source belongs to another stream. */
  foreignBase(log: string, text: string): EventRef {
    this.#length = text.length
    const source = { log, root: 'r', path: 'other', epoch: 0 }
    const pieces = [{ log, offset: 0, from: 0, length: text.length }]
    return this.#add({ kind: 'base', file: facts, epoch: 0, source, length: text.length, digest: '' }, [], {
      source: { pieces, bytes: bytesOf(text) },
    })
  }

  resolve(body: EventBody): EventRef {
    return this.#add(body)
  }

  #add(body: EventBody, parents: readonly EventRef[] = [], extra: Partial<StreamEvent> = {}): EventRef {
    const log = logOf(this.host)
    const offset = this.#offset++
    const digest = createHash('sha256').update(`${log}:${offset}`).digest('hex')
    const time = { ms: 1000 + this.#all.length, counter: 0 }
    this.#all.push({ event: { log, offset, time, parents, body }, digest, host: this.host, ...extra })
    return { log, offset, digest: digest.slice(0, 16) }
  }
}

const facts: FileFacts = { root: 'r', format: 'claude', path: 'p', home: '/h', cwd: null }

export function logOf(host: string): string {
  return `log-${host}`
}

/** Hosts A, B and C of one stream. */
export function hands(): { a: Hand; b: Hand; c: Hand; all: StreamEvent[] } {
  const all: StreamEvent[] = []
  return { a: new Hand('A', all), b: new Hand('B', all), c: new Hand('C', all), all }
}

export function shown(format: MergeFormat, all: readonly StreamEvent[]): string {
  const view = viewOf(format, all)
  return read(view, view.view().text)
}

export function shownTo(view: StreamView, host: string): string | null {
  const { text } = view.viewFor(host)
  return text && read(view, text)
}

export function read(view: StreamView, text: { slice(): Piece[] }): string {
  return decoder.decode(view.read(text.slice()))
}

/** Kind, status and the number of own records of each branch. */
export function told(format: MergeFormat, all: readonly StreamEvent[]): string[] {
  return viewOf(format, all)
    .conflicts()
    .map(
      ({ kind, status, branches }) => `${kind} ${status} ${branches.map(({ records }) => records).join('|')}`,
    )
    .sort()
}
