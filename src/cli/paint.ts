import { createRequire } from 'node:module'
import type Ansis from 'ansis'

type Brush = (text: string) => string

/** Colours by meaning. */
export interface Paint {
  readonly strong: Brush
  readonly dim: Brush
  readonly good: Brush
  readonly warn: Brush
  readonly bad: Brush
}

const same: Brush = (text) => text

/** Leaves every text as it is: for pipes. */
export const plainPaint: Paint = { strong: same, dim: same, good: same, warn: same, bad: same }

/** Colours for a terminal (none where NO_COLOR says so), plain text elsewhere. The text must be safe already. */
export function paintFor(terminal: boolean): Paint {
  if (!terminal) return plainPaint
  // Loaded here: a command in a pipe starts faster.
  const ansis = createRequire(import.meta.url)('ansis') as typeof Ansis
  return {
    strong: (text) => ansis.bold(text),
    dim: (text) => ansis.dim(text),
    good: (text) => ansis.green(text),
    warn: (text) => ansis.yellow(text),
    bad: (text) => ansis.red(text),
  }
}
