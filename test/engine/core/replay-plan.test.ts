import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Piece } from '../../../src/engine/core/event.js'
import {
  concat,
  ContentFold,
  emptyContent,
  pieceLength,
  prefix,
  sharedLength,
  suffix,
  type Content,
  type HistoryStep,
} from '../../../src/engine/core/replay-plan.js'

const log = 'a'
const piece = (offset: number, from: number, length: number): Piece => ({ log, offset, from, length })
const content = (...pieces: Piece[]): Content => concat(emptyContent, pieces)

/** A content as the list of its bytes' names, so that contents can be compared byte by byte. */
function bytesOf({ pieces }: Content): string[] {
  return pieces.flatMap((each) =>
    'newlines' in each
      ? Array.from({ length: each.newlines }, () => '\n')
      : Array.from({ length: each.length }, (_, i) => `${each.log}${each.offset}.${each.from + i}`),
  )
}

const somePiece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ newlines: fc.nat({ max: 3 }) }),
  fc.record({
    log: fc.constantFrom('a', 'b'),
    offset: fc.nat({ max: 2 }),
    from: fc.nat({ max: 3 }),
    length: fc.nat({ max: 4 }),
  }),
)
const someContent = fc.array(somePiece, { maxLength: 6 }).map((pieces) => content(...pieces))

describe('contents', () => {
  it('are cut and joined byte by byte', () => {
    fc.assert(
      fc.property(someContent, someContent, fc.nat({ max: 30 }), (a, b, at) => {
        const whole = bytesOf(a)
        expect(a.length).toBe(whole.length)
        expect(bytesOf(prefix(a, at))).toEqual(whole.slice(0, at))
        expect(bytesOf(suffix(a, at))).toEqual(whole.slice(at))
        expect(prefix(a, at).length).toBe(Math.min(at, whole.length))
        expect(suffix(a, at).length).toBe(Math.max(0, whole.length - at))
        const joined = concat(a, b.pieces)
        expect(bytesOf(joined)).toEqual([...whole, ...bytesOf(b)])
        expect(joined.length).toBe(a.length + b.length)
        expect(joined.pieces.every((each) => pieceLength(each) > 0)).toBe(true)
      }),
    )
  })

  it('share what is the same bytes of the same events, and never more', () => {
    fc.assert(
      fc.property(someContent, someContent, fc.nat({ max: 10 }), (a, b, at) => {
        const [x, y] = [bytesOf(a), bytesOf(b)]
        const shared = sharedLength(a, b)
        expect(x.slice(0, shared)).toEqual(y.slice(0, shared))
        expect(sharedLength(b, a)).toBe(shared)
        // A cut content shares all of itself, as far as no newline stands in the way.
        const cut = prefix(a, at)
        if (cut.pieces.every((each) => 'log' in each)) expect(sharedLength(a, cut)).toBe(cut.length)
      }),
    )
  })

  it('join neighbouring runs of one event', () => {
    expect(content(piece(1, 0, 2), piece(1, 2, 3), piece(1, 6, 1), piece(2, 7, 1)).pieces).toEqual([
      piece(1, 0, 5),
      piece(1, 6, 1),
      piece(2, 7, 1),
    ])
  })
})

const step = (
  offset: number,
  kind: HistoryStep['kind'],
  epoch: number,
  position: number,
  length = 0,
): HistoryStep => ({ log, offset, kind, epoch, position, length })

function fold(steps: readonly [HistoryStep, (readonly Piece[])?][]): {
  fold: ContentFold
  applied: boolean[]
} {
  const folded = new ContentFold()
  const applied = steps.map(([each, pieces]) => folded.apply(each, pieces))
  return { fold: folded, applied }
}

describe('ContentFold', () => {
  it('begins with nothing', () => {
    const { fold: empty } = fold([])
    expect([empty.epoch, empty.present, empty.content.length]).toEqual([-1, false, 0])
  })

  it('follows a file through all that can happen to it', () => {
    const { fold: file, applied } = fold([
      [step(0, 'append', 0, 0, 0)],
      [step(1, 'append', 0, 0, 10)],
      [step(2, 'append', 0, 10, 5)],
      [step(3, 'reset', 1, 12)],
      [step(4, 'append', 1, 12, 2)],
      [step(5, 'written', 2, 13, 3), [{ newlines: 1 }, piece(9, 4, 2)]],
      [step(6, 'remove', 2, 0)],
      [step(7, 'reset', 3, 1)],
      [step(8, 'append', 3, 1, 1)],
    ])
    expect(applied.every(Boolean)).toBe(true)
    expect(file.epoch).toBe(3)
    expect(file.present).toBe(true)
    expect(bytesOf(file.content)).toEqual(['a1.0', 'a8.0'])
  })

  it.each(['remove', 'move'] as const)('keeps the bytes of a file after its %s, as not there', (kind) => {
    const { fold: file } = fold([[step(0, 'append', 0, 0, 2)], [step(1, kind, 0, 0)]])
    expect(file.present).toBe(false)
    expect(file.content.length).toBe(2)
  })

  it('takes a state file whole each time', () => {
    const { fold: file } = fold([
      [step(0, 'file', 0, 0, 4)],
      [step(1, 'file', 1, 0, 0)],
      [step(2, 'append', 1, 0, 3)],
    ])
    expect(bytesOf(file.content)).toEqual(['a2.0', 'a2.1', 'a2.2'])
  })

  it('begins where a base says', () => {
    const { fold: file, applied } = fold([
      [step(0, 'base', 0, 0, 3), [piece(7, 0, 3)]],
      [step(1, 'append', 0, 3, 1)],
    ])
    expect(applied).toEqual([true, true])
    expect(bytesOf(file.content)).toEqual(['a7.0', 'a7.1', 'a7.2', 'a1.0'])
  })

  it.each([
    ['an append that leaves a gap', step(1, 'append', 0, 6, 1)],
    ['an append into the middle', step(1, 'append', 0, 4, 1)],
    ['an append to an epoch that never began', step(1, 'append', 1, 5, 1)],
    ['a reset that keeps more than there is', step(1, 'reset', 1, 6)],
    ['a written that keeps more than there is', step(1, 'written', 1, 6)],
    ['a base of another length than it says', step(1, 'base', 1, 0, 2)],
  ])('does not apply %s', (_name, bad) => {
    expect(fold([[step(0, 'append', 0, 0, 5)], [bad]]).applied).toEqual([true, false])
  })

  it('can be read while it goes on', () => {
    const folded = new ContentFold()
    folded.apply(step(0, 'append', 0, 0, 2))
    const { content: before } = folded
    const shown = bytesOf(before)
    folded.apply(step(1, 'reset', 1, 1))
    folded.apply(step(2, 'append', 1, 1, 1))
    expect(bytesOf(before)).toEqual(shown)
  })

  const resumes: [string, HistoryStep, boolean][] = [
    ['a whole file', step(9, 'file', 7, 0, 3), true],
    ['a base', step(9, 'base', 7, 0, 3), true],
    ['the first append of a later epoch', step(9, 'append', 7, 0, 3), true],
    ['an append behind the gap', step(9, 'append', 2, 9, 3), false],
    ['the next epoch, cut within what is sure', step(9, 'reset', 3, 5), true],
    ['the next epoch, cut behind what is sure', step(9, 'reset', 3, 6), false],
    ['a later epoch that keeps something', step(9, 'reset', 4, 1), false],
    ['a later epoch that keeps nothing', step(9, 'reset', 4, 0), true],
    ['a written of the next epoch, within what is sure', step(9, 'written', 3, 5), true],
    ['a written of a later one', step(9, 'written', 4, 5), false],
    ['a removal', step(9, 'remove', 2, 0), false],
    ['a move', step(9, 'move', 2, 0), false],
  ]
  it.each(resumes)('is sure again after a gap with %s: %#', (_name, next, expected) => {
    const { fold: file } = fold([[step(0, 'append', 2, 0, 5)]])
    expect(file.resumesWith(next)).toBe(expected)
  })
})
