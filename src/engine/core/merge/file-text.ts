import type { EventPiece, EventRef, Piece } from '../event.js'
import { pieceLength } from '../replay-plan.js'
import { type Digest, emptyDigest, extendDigest } from './digest.js'
import type { StreamText } from './types.js'

/** A run of bytes of what a node brought, or (`node` null) of newlines. */
export interface SpanOf<N> {
  readonly node: N | null
  readonly from: number
  readonly length: number
}

/** How the bytes of a node are named in pieces. */
interface Named {
  readonly ref: EventRef
  readonly pieces: readonly Piece[] | null
}

/** Beyond this many cuts a text is copied, so that reading never walks further. */
const depthMax = 32

/**
 * One epoch of a file: the beginning of another text, then spans of its own. It only grows at its end, so a text that
 * begins with part of it stays as it was.
 */
export class FileText<I extends { readonly serial: number }, N extends Named> implements StreamText {
  readonly #base: FileText<I, N> | null
  readonly #kept: number
  readonly #keptLines: number
  readonly #depth: number
  readonly #spans: SpanOf<N>[] = []
  readonly #starts: number[] = []
  readonly #lineEnds: number[] = []
  readonly #items: (I | null)[] = []
  readonly #digests: Digest[] = []
  #length: number

  constructor(base: FileText<I, N> | null = null, kept = 0) {
    const flat = base !== null && base.#depth >= depthMax
    this.#base = flat ? null : base
    this.#kept = flat ? 0 : kept
    this.#keptLines = flat || base === null ? 0 : base.linesWithin(kept)
    this.#depth = flat || base === null ? 0 : base.#depth + 1
    this.#length = this.#kept
    if (!flat || base === null) return
    let line = 0
    const lines = base.linesWithin(kept)
    for (const span of base.spans(0, kept)) {
      this.push(span)
      for (; line < lines && base.lineEnd(line) <= this.#length; line++) {
        this.#line(base.item(line), base.lineEnd(line))
      }
    }
  }

  get length(): number {
    return this.#length
  }

  /** Complete lines. */
  get lines(): number {
    return this.#keptLines + this.#items.length
  }

  /** Where the unterminated last line begins; the length where there is none. */
  get tailFrom(): number {
    return this.lines === 0 ? 0 : this.lineEnd(this.lines - 1)
  }

  push(span: SpanOf<N>): void {
    if (span.length === 0) return
    const last = this.#spans.at(-1)
    if (last && last.node === span.node && (span.node === null || last.from + last.length === span.from)) {
      this.#spans[this.#spans.length - 1] = { ...last, length: last.length + span.length }
    } else {
      this.#spans.push(span)
      this.#starts.push(this.#length)
    }
    this.#length += span.length
  }

  /** Says that a line ends at byte `end` and which item it is; null for one that is no item. */
  endLine(item: I | null, end = this.#length): void {
    this.#line(item, end)
  }

  lineEnd(line: number): number {
    return line < this.#keptLines && this.#base
      ? this.#base.lineEnd(line)
      : (this.#lineEnds[line - this.#keptLines] ?? 0)
  }

  item(line: number): I | null {
    return line < this.#keptLines && this.#base
      ? this.#base.item(line)
      : (this.#items[line - this.#keptLines] ?? null)
  }

  /** Of the first `lines` lines' items in order. */
  digest(lines: number): Digest {
    if (lines === 0) return emptyDigest
    if (lines <= this.#keptLines && this.#base) return this.#base.digest(lines)
    return this.#digests[lines - this.#keptLines - 1] ?? emptyDigest
  }

  /** Lines that end at byte `end` or before. */
  linesWithin(end: number): number {
    if (this.#base && end <= this.#kept) return this.#base.linesWithin(end)
    return this.#keptLines + countUpTo(this.#lineEnds, end)
  }

  *spans(from: number, to: number): Generator<SpanOf<N>> {
    if (this.#base && from < this.#kept) yield* this.#base.spans(from, Math.min(to, this.#kept))
    const begin = Math.max(from, this.#kept)
    if (begin >= to) return
    for (let at = Math.max(countUpTo(this.#starts, begin) - 1, 0); at < this.#spans.length; at++) {
      const span = this.#spans[at] as SpanOf<N>
      const start = this.#starts[at] as number
      if (start >= to) return
      const skip = Math.max(begin - start, 0)
      const length = Math.min(span.length, to - start) - skip
      if (length > 0) yield { node: span.node, from: span.node ? span.from + skip : 0, length }
    }
  }

  slice(from = 0, to = this.#length): Piece[] {
    const pieces: Piece[] = []
    for (const span of this.spans(from, Math.min(to, this.#length))) pushSpan(pieces, span)
    return pieces
  }

  #line(item: I | null, end: number): void {
    const before = this.digest(this.lines)
    this.#items.push(item)
    this.#lineEnds.push(end)
    this.#digests.push(extendDigest(before, item?.serial ?? -1))
  }
}

/** How many of the ascending numbers are at most `bound`. */
export function countUpTo(ascending: readonly number[], bound: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] as number) <= bound) low = middle + 1
    else high = middle
  }
  return low
}

/** Adds a span's pieces, joined with the last where they continue it. */
export function pushSpan<N extends Named>(pieces: Piece[], { node, from, length }: SpanOf<N>): void {
  if (length === 0) return
  if (node === null) {
    pushPiece(pieces, { newlines: length })
  } else if (node.pieces) {
    let at = 0
    for (const piece of node.pieces) {
      const size = pieceLength(piece)
      const skip = Math.max(from - at, 0)
      const used = Math.min(size, from + length - at) - skip
      if (used > 0) {
        pushPiece(
          pieces,
          'newlines' in piece ? { newlines: used } : { ...piece, from: piece.from + skip, length: used },
        )
      }
      at += size
    }
  } else {
    pushPiece(pieces, { log: node.ref.log, offset: node.ref.offset, from, length })
  }
}

function pushPiece(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1)
  if (last && 'newlines' in last && 'newlines' in piece) {
    pieces[pieces.length - 1] = { newlines: last.newlines + piece.newlines }
  } else if (last && 'log' in last && 'log' in piece && continues(last, piece)) {
    pieces[pieces.length - 1] = { ...last, length: last.length + piece.length }
  } else {
    pieces.push(piece)
  }
}

function continues(last: EventPiece, next: EventPiece): boolean {
  return last.log === next.log && last.offset === next.offset && last.from + last.length === next.from
}
