/**
 * The names of the invariants that a simulation checks; `honest`: an honest peer is never called a liar; `decided`: hosts
 * agree on conflicts and on how each was decided; `simulation`: a fault of its own (a deadlock).
 */
export type CheckerName =
  | 'durable'
  | 'faithful'
  | 'dense'
  | 'one-writer'
  | 'convergent'
  | 'lossless'
  | 'logged-first'
  | 'echo-free'
  | 'untouched'
  | 'bounded'
  | 'honest'
  | 'decided'
  | 'simulation'

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
