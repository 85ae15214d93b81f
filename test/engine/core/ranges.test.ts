import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OffsetRange } from '../../../src/engine/ports/log.js'
import {
  areNormal,
  contains,
  countOf,
  difference,
  intersection,
  sameRanges,
  toRanges,
  union,
} from '../../../src/engine/core/ranges.js'
import type { Ranges } from '../../../src/engine/core/ranges.js'

const bound = 24
const everyOffset = Array.from({ length: bound + 1 }, (_, offset) => offset)

const range: fc.Arbitrary<OffsetRange> = fc
  .tuple(fc.nat(bound), fc.nat(bound))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const ranges = fc.array(range, { maxLength: 8 }).map(toRanges)

/** The same set as plain numbers: what the arithmetic is held against. */
function offsets(of: Ranges): Set<number> {
  const all = new Set<number>()
  for (const { from, to } of of) for (let offset = from; offset < to; offset += 1) all.add(offset)
  return all
}

function expectSet(result: Ranges, wanted: (offset: number) => boolean): void {
  expect(areNormal(result)).toBe(true)
  expect([...offsets(result)]).toEqual(everyOffset.filter(wanted))
}

describe('ranges', () => {
  it('have one normal form, whatever the order and overlap of what they came from', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (parts) => {
        const inParts = (offset: number) => parts.some(({ from, to }) => from <= offset && offset < to)
        expectSet(toRanges(parts), inParts)
        expect(sameRanges(toRanges(parts), toRanges(parts.toReversed()))).toBe(true)
      }),
    )
  })

  it('add, meet and subtract as sets of numbers do', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const inA = offsets(a)
        const inB = offsets(b)
        expectSet(union(a, b), (offset) => inA.has(offset) || inB.has(offset))
        expectSet(intersection(a, b), (offset) => inA.has(offset) && inB.has(offset))
        expectSet(difference(a, b), (offset) => inA.has(offset) && !inB.has(offset))
        expect(countOf(a)).toBe(inA.size)
        expect(everyOffset.filter((offset) => contains(a, offset))).toEqual([...inA])
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    [
      'touching',
      [
        { from: 0, to: 2 },
        { from: 2, to: 3 },
      ],
    ],
    [
      'overlapping',
      [
        { from: 0, to: 2 },
        { from: 1, to: 3 },
      ],
    ],
    [
      'unsorted',
      [
        { from: 4, to: 5 },
        { from: 0, to: 1 },
      ],
    ],
    ['empty', [{ from: 2, to: 2 }]],
    ['negative', [{ from: -1, to: 2 }]],
    ['fractional', [{ from: 0, to: 1.5 }]],
  ])('%s ones are not normal', (_, given) => {
    expect(areNormal(given)).toBe(false)
  })
})
