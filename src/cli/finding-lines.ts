import type { SuspectRow } from '../daemon/suspects.js'
import { damageMeaning, fileName } from './damage-lines.js'
import { formatSize } from './format.js'
import { safeLine } from './safe-text.js'

/** The most lines of one kind in a report for people; `--json` has all. */
const linesMax = 20

/** The first of many lines, and how many there are beside them. */
export function cutLines(lines: readonly string[], max = linesMax): string[] {
  const more = lines.length - max
  return more > 0 ? [...lines.slice(0, max), `and ${more} more: see --json`] : [...lines]
}

/** Files that are kept out of history because a crash may have damaged them. */
export function suspectLines(suspects: readonly SuspectRow[]): string[] {
  return suspects.map(({ root, path, reason, recorded, size }) => {
    const sizes = `${formatSize(recorded)} recorded, ${formatSize(size)} on disk`
    return `${fileName(root, path)} ${damageMeaning(reason)} (${sizes})`
  })
}

interface Problem {
  readonly root: string
  readonly path: string
  readonly message: string
}

/** What could not be recorded and stays as it is until someone acts. */
export function problemLines(problems: readonly Problem[]): string[] {
  return problems.map(({ root, path, message }) => `${fileName(root, path)}: ${safeLine(message)}`)
}
