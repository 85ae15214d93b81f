/** The names of the invariants that a simulation checks, and `simulation` for a fault of its own (a deadlock). */
export type CheckerName =
  'durable' | 'faithful' | 'dense' | 'one-writer' | 'logged-first' | 'echo-free' | 'bounded' | 'simulation'

/** An invariant was seen broken. */
export class InvariantBroken extends Error {
  readonly checker: CheckerName

  constructor(checker: CheckerName, message: string) {
    super(message)
    this.name = 'InvariantBroken'
    this.checker = checker
  }
}

/** Throws where the invariant does not hold. */
export function holds(condition: boolean, checker: CheckerName, message: () => string): void {
  if (!condition) throw new InvariantBroken(checker, message())
}
