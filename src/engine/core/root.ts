import { HoldfastError } from './errors.js'

/** A watched directory as configured. */
export interface Root {
  /** What people and events call it: `[a-z0-9][a-z0-9._-]*`, unique on its host, equal on hosts that share it. */
  readonly name: string
  readonly format: string
  /** Absolute; may hold a glob (see `resolveRoot`). */
  readonly pattern: string
  /** Look at it by the clock, not by watching: a mount where watching is blind. */
  readonly poll: boolean
}

/** A root that is ready to be walked. Paths and folders are relative to `base`, with `/`; the base itself is ''. */
export interface ResolvedRoot {
  readonly name: string
  readonly format: string
  /** Absolute folder that is walked: the pattern up to its first glob segment. */
  readonly base: string
  readonly poll: boolean
  /** Whether the pattern admits the file. The format then decides whether it is recorded (`Format.classify`). */
  admits(path: string): boolean
  /** False where nothing below the folder can be admitted, so that the walk passes over it. */
  mayHold(folder: string): boolean
}

const rootName = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Checks names, which events carry for good. Throws CONFIG_INVALID for a malformed or repeated one. */
export function checkRootNames(roots: readonly Pick<Root, 'name'>[]): void {
  const seen = new Set<string>()
  for (const { name } of roots) {
    if (!rootName.test(name)) {
      throw new HoldfastError('CONFIG_INVALID', `“${name}” is no name for a root`, {
        next: 'Use up to 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit.',
      })
    }
    if (seen.has(name)) {
      throw new HoldfastError('CONFIG_INVALID', `two roots are named “${name}”`, {
        next: 'Give one of them another name (`--name`).',
      })
    }
    seen.add(name)
  }
}
