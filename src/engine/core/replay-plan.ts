import type { Piece } from './event.js'

/** One row of a file's history: what an event did to the file, without its bytes. */
export interface HistoryStep {
  readonly log: string
  readonly offset: number
  readonly kind: 'append' | 'reset' | 'written' | 'base' | 'remove' | 'move' | 'file'
  readonly epoch: number
  /** append, file, base: where the bytes go; reset, written: how many of the earlier bytes stay. */
  readonly position: number
  /** Bytes that this step adds after `position`. */
  readonly length: number
}

/** A file's content as references into the log, with its length in bytes. */
export interface Content {
  readonly pieces: readonly Piece[]
  readonly length: number
}

export const emptyContent: Content = { pieces: [], length: 0 }

export function pieceLength(piece: Piece): number {
  return 'newlines' in piece ? piece.newlines : piece.length
}

/** The first `keep` bytes of a content. Shorter contents are returned whole. */
export function prefix(content: Content, keep: number): Content {
  if (keep >= content.length) return content
  const pieces: Piece[] = []
  let left = keep
  for (const piece of content.pieces) {
    if (left <= 0) break
    const length = pieceLength(piece)
    if (length <= left) pieces.push(piece)
    else pieces.push('newlines' in piece ? { newlines: left } : { ...piece, length: left })
    left -= length
  }
  return { pieces, length: keep }
}

/** Content with `added` at its end; neighbouring runs of one event are joined. */
export function concat(content: Content, added: readonly Piece[]): Content {
  const pieces = [...content.pieces]
  let length = content.length
  for (const piece of added) {
    length += pieceLength(piece)
    const last = pieces.at(-1)
    if (last && 'log' in last && 'log' in piece && last.log === piece.log && last.offset === piece.offset) {
      if (last.from + last.length === piece.from) {
        pieces[pieces.length - 1] = { ...last, length: last.length + piece.length }
        continue
      }
    }
    if (pieceLength(piece) > 0) pieces.push(piece)
  }
  return { pieces, length }
}

/** A content without its first `from` bytes. */
export function suffix(content: Content, from: number): Content {
  const pieces: Piece[] = []
  let position = 0
  for (const piece of content.pieces) {
    const length = pieceLength(piece)
    const skip = Math.max(0, from - position)
    position += length
    if (skip >= length) continue
    if ('newlines' in piece) pieces.push({ newlines: length - skip })
    else pieces.push({ ...piece, from: piece.from + skip, length: length - skip })
  }
  return { pieces, length: Math.max(0, content.length - from) }
}

/** Bytes at the start of both contents that are the very same bytes of the same events. */
export function sharedLength(a: Content, b: Content): number {
  let shared = 0
  for (const [i, piece] of a.pieces.entries()) {
    const other = b.pieces[i]
    if (!other || 'newlines' in piece || 'newlines' in other) break
    if (piece.log !== other.log || piece.offset !== other.offset || piece.from !== other.from) break
    shared += Math.min(piece.length, other.length)
    if (piece.length !== other.length) break
  }
  return shared
}

/** Folds a file's history, in offset order, into the content of its epochs. */
export class ContentFold {
  #epoch = -1
  #pieces: Piece[] = []
  #length = 0
  #present = false

  get epoch(): number {
    return this.#epoch
  }

  /** False before the first bytes and after a removal or a move. */
  get present(): boolean {
    return this.#present
  }

  get content(): Content {
    return { pieces: this.#pieces, length: this.#length }
  }

  /**
   * Whether a step can be applied after one that did not follow: it keeps nothing of what is missing. The content up
   * to the gap is still a sure prefix of its epoch, and epochs count up by one, so a reset within it is sure too.
   */
  resumesWith(step: HistoryStep): boolean {
    switch (step.kind) {
      case 'file':
      case 'base':
        return true
      case 'append':
        return step.position === 0 && step.epoch !== this.#epoch
      case 'reset':
      case 'written':
        return step.position === 0 || (step.epoch === this.#epoch + 1 && step.position <= this.#length)
      case 'remove':
      case 'move':
        return false
    }
  }

  /**
   * Applies one step. `pieces` is what a `written` or `base` step stands for; the other kinds need none.
   * Returns false where the step does not follow from what came before: a step in between is missing.
   */
  apply(step: HistoryStep, pieces: readonly Piece[] = []): boolean {
    switch (step.kind) {
      case 'append': {
        const starts = step.epoch !== this.#epoch
        if (starts) this.#begin(step.epoch, emptyContent)
        if (step.position !== this.#length) return false
        if (step.length > 0) {
          this.#pieces.push({ log: step.log, offset: step.offset, from: 0, length: step.length })
        }
        this.#length += step.length
        break
      }
      case 'file':
        this.#begin(step.epoch, emptyContent)
        if (step.length > 0) {
          this.#pieces.push({ log: step.log, offset: step.offset, from: 0, length: step.length })
        }
        this.#length = step.length
        break
      case 'reset':
      case 'written': {
        if (step.position > this.#length) return false
        const kept = prefix(this.content, step.position)
        this.#begin(step.epoch, concat(kept, pieces))
        break
      }
      case 'base':
        this.#begin(step.epoch, concat(emptyContent, pieces))
        if (this.#length !== step.length) return false
        break
      case 'remove':
      case 'move':
        this.#present = false
        return true
    }
    this.#present = true
    return true
  }

  #begin(epoch: number, content: Content): void {
    this.#epoch = epoch
    this.#pieces = [...content.pieces]
    this.#length = content.length
  }
}
