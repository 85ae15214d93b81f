import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTime, tick } from '../../../src/engine/core/clock.js'

describe('tick', () => {
  it.each([
    [{ ms: 0, counter: 0 }, 5, { ms: 5, counter: 0 }],
    [{ ms: 5, counter: 0 }, 5, { ms: 5, counter: 1 }],
    [{ ms: 5, counter: 9 }, 5.99, { ms: 5, counter: 10 }],
    [{ ms: 5, counter: 9 }, 6, { ms: 6, counter: 0 }],
    [{ ms: 5, counter: 9 }, 3, { ms: 5, counter: 10 }],
    [{ ms: 5, counter: 0 }, -1, { ms: 5, counter: 1 }],
  ])('after %o at %d ms', (last, wallMs, expected) => {
    expect(tick(last, wallMs)).toEqual(expected)
  })

  it('always moves on, in whole milliseconds, whatever the wall clock says', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e13, max: 1e13, noNaN: true })), (walls) => {
        let last = { ms: 0, counter: 0 }
        for (const wall of walls) {
          const next = tick(last, wall)
          expect(compareTime(next, last)).toBeGreaterThan(0)
          expect(compareTime(last, next)).toBeLessThan(0)
          expect(Number.isInteger(next.ms)).toBe(true)
          last = next
        }
      }),
    )
  })
})

describe('compareTime', () => {
  it('counts within a millisecond', () => {
    expect(compareTime({ ms: 1, counter: 2 }, { ms: 1, counter: 2 })).toBe(0)
    expect(compareTime({ ms: 1, counter: 2 }, { ms: 1, counter: 3 })).toBeLessThan(0)
    expect(compareTime({ ms: 2, counter: 0 }, { ms: 1, counter: 3 })).toBeGreaterThan(0)
  })
})
