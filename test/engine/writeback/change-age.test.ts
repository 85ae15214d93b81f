import { describe, expect, it } from 'vitest'
import { ChangeAge } from '../../../src/engine/writeback/change-age.js'
import { ManualClock } from '../../store/databases.js'

describe('ChangeAge', () => {
  it('counts from the change, or from when a change of the future was first seen', () => {
    const clock = new ManualClock(1000)
    const age = new ChangeAge(clock)
    expect(age.of('/a', 900, 5)).toBe(100)
    expect(age.of('/a', 5000, 5)).toBe(0)
    clock.nowMs = 1040
    expect(age.of('/a', 5000, 5)).toBe(40)
    expect(age.of('/b', 5000, 5)).toBe(0)
    expect(age.of('/a', 6000, 5)).toBe(0)
  })

  it('begins anew where the clock was set back', () => {
    const clock = new ManualClock(1000)
    const age = new ChangeAge(clock)
    age.of('/a', 5000, 5)
    clock.nowMs = 500
    expect(age.of('/a', 5000, 5)).toBe(0)
    clock.nowMs = 700
    expect(age.of('/a', 5000, 5)).toBe(200)
  })

  it('lets go of none for which there is no room, and makes room in time', () => {
    const clock = new ManualClock(1000)
    const age = new ChangeAge(clock)
    for (let i = 0; i < 20_000; i++) age.of(`/${i}`, 1e9, 5)
    expect(age.of('/more', 1e9, 5)).toBe(5)
    clock.nowMs += 10
    expect(age.of('/1', 1e9, 5)).toBe(10)
    clock.nowMs += 100_000
    expect(age.of('/more', 1e9, 5)).toBe(0)
  })
})
