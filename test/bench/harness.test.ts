import { describe, expect, it } from 'vitest'
import { compare, spread } from '../../bench/harness.js'
import type { Contender } from '../../bench/harness.js'

/** A contender that notes its calls and works by `work`. */
function noting(name: string, calls: string[], work: () => string = () => 'same'): Contender<string> {
  return {
    name,
    prepare: () => void calls.push(`${name} prepares`),
    run: () => {
      calls.push(`${name} runs`)
      return work()
    },
    digest: (result) => result,
  }
}

describe('compare', () => {
  it('warms both up, then interleaves them and lets each go first in turn', async () => {
    const calls: string[] = []
    const result = await compare({
      name: 'x',
      a: noting('a', calls),
      b: noting('b', calls),
      rounds: 3,
      bytes: 1000,
    })
    const runs = calls.filter((call) => call.endsWith('runs')).map((call) => call[0])
    expect(runs.join('')).toBe('ababbaab')
    expect(calls.slice(0, 2)).toEqual(['a prepares', 'a runs'])
    expect(result).toMatchObject({
      name: 'x',
      rounds: 3,
      contenders: [{ digest: 'same' }, { digest: 'same' }],
    })
    expect(result.contenders[0].megabytesPerSecond).toBeGreaterThan(0)
  })

  it('gives the ratio round by round', async () => {
    const wait = (ms: number): Contender<string> => ({
      name: `${ms}`,
      run: () => new Promise((done) => setTimeout(() => done(''), ms)),
      digest: () => '1',
    })
    const { ratio, contenders } = await compare({ name: 'x', a: wait(1), b: wait(30), rounds: 2 })
    expect(ratio.max).toBeGreaterThan(1)
    expect(contenders[0].megabytesPerSecond).toBeNull()
  })

  it('refuses results that differ between the two, unless they may', async () => {
    const options = { name: 'x', a: noting('a', []), b: noting('b', [], () => 'other'), rounds: 1 }
    await expect(compare(options)).rejects.toThrow('a came to same, b to other')
    await expect(compare({ ...options, sameResult: false })).resolves.toBeDefined()
  })

  it('refuses a result that changes from round to round', async () => {
    let rounds = 0
    const a = noting('a', [], () => String(rounds++))
    await expect(compare({ name: 'x', a, b: a, rounds: 2, sameResult: false })).rejects.toThrow(
      'a came to 0, then',
    )
  })

  it('refuses to run no rounds', async () => {
    await expect(compare({ name: 'x', a: noting('a', []), b: noting('b', []), rounds: 0 })).rejects.toThrow(
      'no rounds',
    )
  })
})

describe('spread', () => {
  it.each([
    [[5], { median: 5, min: 5, max: 5 }],
    [[9, 1, 4], { median: 4, min: 1, max: 9 }],
    [[10, 2, 4, 1], { median: 3, min: 1, max: 10 }],
  ])('of %j', (values, expected) => {
    expect(spread(values)).toEqual(expected)
  })
})
