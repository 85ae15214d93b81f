import { describe, expect, it } from 'vitest'
import { SeededRandom } from './random.js'

describe('SeededRandom', () => {
  it('gives the sequence that it always gave', () => {
    const random = new SeededRandom('holdfast')
    expect([
      random.word(),
      random.word(),
      random.uuid(),
      Buffer.from(random.bytes(4)).toString('hex'),
    ]).toEqual([3975403512, 585093050, 'bd1d82e8-54c9-45e2-ac2b-b14d396e292c', '0b4a4943'])
  })

  it('has neighbouring seeds that share nothing', () => {
    const first = Array.from({ length: 100 }, (_, seed) => new SeededRandom(seed).word())
    expect(new Set(first).size).toBe(100)
  })

  it('fills its ranges evenly', () => {
    const random = new SeededRandom(3)
    const counts = [0, 0, 0, 0, 0]
    for (let draw = 0; draw < 5000; draw++) {
      const value = random.int(5)
      counts[value] = (counts[value] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
    expect(random.chance(0)).toBe(false)
    expect(random.chance(1)).toBe(true)
  })

  it('picks from what there is, and refuses to pick from nothing', () => {
    const random = new SeededRandom(4)
    expect(random.pick(['only'])).toBe('only')
    expect(() => random.pick([])).toThrow('nothing to pick from')
  })
})
