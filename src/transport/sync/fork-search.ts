/**
 * Finds the first event in which two logs of one name differ, by asking for the chain at few points: equal up to there,
 * different ever after. Pure: the caller compares the points that `next` names.
 */
export class ForkSearch {
  #same = 0
  #differs: number
  /** Below it is nothing left to ask: a point between, or this one, is known to one side only. */
  #floor = 0

  /** `differsAt`: a number of events after which the chains are known to differ. */
  constructor(differsAt: number) {
    this.#differs = differsAt
  }

  /** The number of events after which to compare next; undefined where the search is over. */
  get next(): number | undefined {
    return this.#differs - this.#floor > 1 ? Math.floor((this.#floor + this.#differs) / 2) : undefined
  }

  /** The first offset whose event may differ. */
  get offset(): number {
    return this.#same
  }

  /** Whether the event at `offset` is the first that differs; otherwise it is one of the following, below `before`. */
  get exact(): boolean {
    return this.#differs - this.#same === 1
  }

  /** Offsets from here on differ for sure. */
  get before(): number {
    return this.#differs
  }

  /** What the comparison at `next` gave; `unknown` where one side lacks the chain there. */
  answer(at: number, result: 'same' | 'differs' | 'unknown'): void {
    if (result === 'differs') this.#differs = Math.min(this.#differs, at)
    else {
      this.#floor = Math.max(this.#floor, at)
      if (result === 'same') this.#same = Math.max(this.#same, at)
    }
  }
}
