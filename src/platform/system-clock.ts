import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../engine/ports/clock.js'

/** A timer set for longer fires at once. */
const timerMaxMs = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, signal),
}

/** The random numbers of this machine, fit for keys. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve()
      return
    }
    let leftMs = ms
    let timer: NodeJS.Timeout
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const wait = () => {
      if (leftMs <= timerMaxMs) {
        timer = setTimeout(done, leftMs)
        return
      }
      leftMs -= timerMaxMs
      timer = setTimeout(wait, timerMaxMs)
    }
    signal?.addEventListener('abort', done, { once: true })
    wait()
  })
}
