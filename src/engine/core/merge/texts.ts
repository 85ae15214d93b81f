import type { Piece } from '../event.js'
import { pieceLength } from '../replay-plan.js'
import { FileText } from './file-text.js'
import type { Item, Node, Span } from './model.js'
import type { StreamText } from './types.js'

export const emptyText: StreamText = new FileText<Item, Node>()

/** Spans as a text. */
export function spansText(spans: Iterable<Span>): StreamText {
  const text = new FileText<Item, Node>()
  for (const span of spans) text.push(span)
  return text
}

/** The first `length` bytes of a text. */
export class TextPrefix implements StreamText {
  readonly #text: StreamText
  readonly length: number

  constructor(text: StreamText, length: number) {
    this.#text = text
    this.length = Math.min(length, text.length)
  }

  slice(from = 0, to = this.length): Piece[] {
    return this.#text.slice(from, Math.min(to, this.length))
  }
}

/** One text after another. */
export class TextPair implements StreamText {
  readonly #first: StreamText
  readonly #second: StreamText
  readonly length: number

  constructor(first: StreamText, second: StreamText) {
    this.#first = first
    this.#second = second
    this.length = first.length + second.length
  }

  slice(from = 0, to = this.length): Piece[] {
    const at = this.#first.length
    const pieces = from < at ? this.#first.slice(from, Math.min(to, at)) : []
    if (to > at) pieces.push(...this.#second.slice(Math.max(from - at, 0), to - at))
    return pieces
  }
}

/**
 * The bytes of pieces, read from events. `bytesOf` gives what an event brought.
 */
export function materialise(
  pieces: readonly Piece[],
  bytesOf: (piece: { readonly log: string; readonly offset: number }) => Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + pieceLength(piece), 0))
  let at = 0
  for (const piece of pieces) {
    if ('newlines' in piece) bytes.fill(10, at, at + piece.newlines)
    else bytes.set(bytesOf(piece).subarray(piece.from, piece.from + piece.length), at)
    at += pieceLength(piece)
  }
  return bytes
}
