import type { Notes } from './trace.js'

export type CrashMode = 'kill' | 'power-loss'

/** Thrown out of every call of a process that is dead. */
export class Crashed extends Error {
  constructor() {
    super('the simulated process is dead')
    this.name = 'Crashed'
  }
}

/**
 * The life of one simulated process. Every call of a port is a point at which it may end; once it has ended, no call
 * has an effect any more, whatever its code still tries on its way out.
 */
export class ProcessLife {
  readonly #trace: Notes
  #dead = false
  #pointsLeft: number | null = null
  #mode: CrashMode = 'kill'
  /** Runs at every point of a living process: others act between any two calls. */
  onPoint: (name: string) => void = () => undefined

  constructor(trace: Notes) {
    this.#trace = trace
  }

  get dead(): boolean {
    return this.#dead
  }

  get mode(): CrashMode {
    return this.#mode
  }

  /** Ends the process at the `points`th point from now. */
  endAfter(points: number, mode: CrashMode): void {
    this.#pointsLeft = points
    this.#mode = mode
  }

  /** Takes the trap away. */
  spare(): void {
    this.#pointsLeft = null
  }

  end(mode: CrashMode): void {
    this.#dead = true
    this.#mode = mode
  }

  /** @throws Crashed where the process is dead, or ends here */
  point(name: string): void {
    if (this.#dead) throw new Crashed()
    if (this.#pointsLeft !== null && this.#pointsLeft-- <= 0) {
      this.#dead = true
      this.#trace.note(`${this.#mode} at ${name}`)
      throw new Crashed()
    }
    this.onPoint(name)
  }

  /** A promise's value, unless the process ends meanwhile: then nothing follows from it. */
  async alive<T>(work: Promise<T>): Promise<T> {
    const value = await work
    return this.#dead ? new Promise<T>(() => undefined) : value
  }
}
