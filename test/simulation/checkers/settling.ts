import { holds } from '../failure.js'

/** More than enough for one file while nobody but Holdfast does anything, on however many hosts. */
const writesMax = 60

/**
 * `convergent` of files: left alone, they come to rest. Counts what all hosts write into each file since anybody else last
 * did anything anywhere; a file that is written over and over never settles, and keeps every other host busy.
 */
export class Settling {
  readonly #writes = new Map<string, number>()

  /** Somebody but Holdfast does something. */
  disturbed(): void {
    this.#writes.clear()
  }

  /** A host wrote a file. */
  written(host: string, path: string): void {
    const place = `${host} ${path}`
    const count = (this.#writes.get(place) ?? 0) + 1
    this.#writes.set(place, count)
    holds(
      count <= writesMax,
      'convergent',
      () => `${path} of ${host} is written over and over, with nothing new`,
    )
  }
}
