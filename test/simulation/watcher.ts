import type { Watcher } from '../../src/engine/ports/watcher.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { VirtualTime } from './clock.js'

export interface WatcherFaults {
  /** How often a hint is lost, and how often it comes twice. */
  readonly lossChance: number
  readonly doubleChance: number
  /** The latest that a hint comes. */
  readonly delayMaxMs: number
}

interface Watched {
  readonly folder: string
  readonly onHint: (path: string) => void
}

/** A watcher that loses, delays, doubles and reorders hints as it pleases. */
export class SimulatedWatcher implements Watcher {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #faults: WatcherFaults
  readonly #watched = new Set<Watched>()

  constructor(time: VirtualTime, random: SeededRandom, faults: WatcherFaults) {
    this.#time = time
    this.#random = random
    this.#faults = faults
  }

  watch: Watcher['watch'] = (folder, onHint) => {
    const watched = { folder, onHint }
    this.#watched.add(watched)
    return Promise.resolve({
      close: () => {
        this.#watched.delete(watched)
        return Promise.resolve()
      },
    })
  }

  /** The process that watched is gone. */
  forget(): void {
    this.#watched.clear()
  }

  /** Something changed at a path. */
  notice(path: string): void {
    const { lossChance, doubleChance, delayMaxMs } = this.#faults
    for (const watched of this.#watched) {
      if (!path.startsWith(watched.folder) || this.#random.chance(lossChance)) continue
      const times = this.#random.chance(doubleChance) ? 2 : 1
      for (let i = 0; i < times; i += 1) {
        // Sometimes only the folder is known.
        const hinted = this.#random.chance(0.1) ? path.slice(0, path.lastIndexOf('/')) : path
        this.#time.schedule(this.#random.float() * delayMaxMs, () => {
          if (this.#watched.has(watched)) watched.onHint(hinted)
        })
      }
    }
  }
}
