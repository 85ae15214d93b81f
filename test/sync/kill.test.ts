import { describe, expect, it } from 'vitest'
import { killRounds } from './kill-rounds.js'

const rounds = 10

describe('kill -9 during a sync', () => {
  it(`loses nothing and repeats nothing, whichever end it meets (${rounds} times)`, async () => {
    const { cut, wrong } = await killRounds(rounds, '1')
    expect(wrong).toEqual([])
    expect(cut).toBeGreaterThan(0)
  }, 300_000)
})
