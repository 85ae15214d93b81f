import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock, systemRandom } from '../../src/platform/system-clock.js'

function watched(ms: number, signal?: AbortSignal) {
  const state = { done: false }
  const ended = systemClock.sleep(ms, signal).then(() => (state.done = true))
  return { state, ended }
}

describe('systemClock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('tells the wall clock', () => {
    vi.setSystemTime(1_234_567)
    expect(systemClock.now()).toBe(1_234_567)
  })

  it('sleeps as long as asked', async () => {
    const { state } = watched(1000)
    await vi.advanceTimersByTimeAsync(999)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.done).toBe(true)
  })

  it('sleeps longer than one timer can', async () => {
    const month = 31 * 24 * 3600 * 1000
    const { state } = watched(month)
    await vi.advanceTimersByTimeAsync(month - 1)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.done).toBe(true)
  })

  it('wakes at once when the signal aborts, and leaves no timer', async () => {
    const stop = new AbortController()
    const { ended } = watched(1000, stop.signal)
    stop.abort()
    await ended
    expect(vi.getTimerCount()).toBe(0)
    await watched(1000, stop.signal).ended
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets go of the signal after a whole sleep', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    watched(10, signal)
    await vi.advanceTimersByTimeAsync(10)
    expect(removed).toHaveBeenCalledWith('abort', expect.any(Function))
  })
})

describe('systemRandom', () => {
  it('gives as many bytes as asked, others each time', () => {
    const one = systemRandom.bytes(32)
    expect(one).toHaveLength(32)
    expect(one).not.toEqual(systemRandom.bytes(32))
    expect(systemRandom.bytes(0)).toHaveLength(0)
  })
})
