import { describe, expect, it } from 'vitest'
import { ValueMemory } from '../../src/store/value-memory.js'

const sizes = [1, 8192, 8193, 100_000, 139_264, 139_265, 528_384, 2_000_000]

describe('ValueMemory', () => {
  it.each(sizes)('lends at least %i bytes', (bytes) => {
    expect(new ValueMemory().lend(bytes).length).toBeGreaterThanOrEqual(bytes)
  })

  it('lends nothing twice at a time', () => {
    const memory = new ValueMemory()
    const first = memory.lend(50_000)
    const second = memory.lend(50_000)
    expect(second.buffer).not.toBe(first.buffer)
    memory.takeBack(first)
    expect(memory.lend(60_000).buffer).toBe(first.buffer)
    expect(memory.lend(60_000).buffer).not.toBe(second.buffer)
  })

  it('takes back by any view, once', () => {
    const memory = new ValueMemory()
    const still = memory.lend(50_000)
    const lent = memory.lend(50_000)
    memory.takeBack(lent.subarray(41, 99))
    memory.takeBack(lent)
    const again = [memory.lend(50_000), memory.lend(50_000)]
    expect(again.map(({ buffer }) => buffer === lent.buffer)).toEqual([true, false])
    expect(again.map(({ buffer }) => buffer === still.buffer)).toEqual([false, false])
  })

  it('leaves alone what it never lent', () => {
    const memory = new ValueMemory()
    const own = Buffer.allocUnsafeSlow(memory.lend(50_000).length)
    memory.takeBack(own)
    expect(memory.lend(50_000).buffer).not.toBe(own.buffer)
  })

  it('keeps little at rest', () => {
    const memory = new ValueMemory()
    const lent = Array.from({ length: 8 }, () => memory.lend(500_000))
    for (const each of lent) memory.takeBack(each)
    const before = new Set(lent.map(({ buffer }) => buffer))
    expect(before.has(memory.lend(500_000).buffer)).toBe(false)
  })
})
