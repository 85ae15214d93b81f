import { HoldfastError } from '../engine/core/errors.js'
import { fileName } from './damage-lines.js'
import { formatSize } from './format.js'

/** What became durable of one file since it was last told. */
export interface Change {
  readonly root: string
  readonly path: string
  /** The last kind of event. */
  readonly kind: string
  readonly bytes: number
}

/** Gathers what becomes durable, so that a file that changes often is told once. */
export class ChangeGroup {
  readonly #byFile = new Map<string, Change>()
  #skipped = 0

  /** Takes one line of what `follow` sends. Throws PROTOCOL where it is none. */
  addLine(line: string): void {
    const { root, path, kind, bytes, skipped } = parsed(line)
    if (typeof skipped === 'number') this.#skipped += skipped
    else if (typeof root === 'string' && typeof path === 'string' && typeof kind === 'string') {
      const id = `${root}\0${path}`
      const before = this.#byFile.get(id)?.bytes ?? 0
      // Last told, last in order: the latest change stands at the end.
      this.#byFile.delete(id)
      this.#byFile.set(id, { root, path, kind, bytes: before + (typeof bytes === 'number' ? bytes : 0) })
    } else
      throw new HoldfastError('PROTOCOL', 'the daemon told a change that this version does not understand')
  }

  /** What was gathered, in the order of the last change of each file, and how many changes were not told. */
  take(): { changes: Change[]; skipped: number } {
    const taken = { changes: [...this.#byFile.values()], skipped: this.#skipped }
    this.#byFile.clear()
    this.#skipped = 0
    return taken
  }
}

const verbs: Readonly<Record<string, string>> = {
  reset: 'recorded anew',
  remove: 'recorded the removal of',
  move: 'recorded the move of',
}

/** `recorded claude -home-ada-shop/7f3a.jsonl +1.2 KB`, safe to print. */
export function changeText({ root, path, kind, bytes }: Change): string {
  const size = bytes > 0 ? ` +${formatSize(bytes)}` : ''
  return `${verbs[kind] ?? 'recorded'} ${fileName(root, path)}${size}`
}

const marks: Readonly<Record<string, string>> = { reset: 'rewritten', remove: 'removed', move: 'moved' }

/** `+1.2 KB    claude -home-ada-shop/7f3a.jsonl`, safe to print: what matters first, as the path may be cut off. */
export function changeColumns({ root, path, kind, bytes }: Change): string {
  const what = bytes > 0 ? `+${formatSize(bytes)}` : (marks[kind] ?? kind)
  return `${what.padEnd(9)}  ${fileName(root, path)}`
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // As for any other line that is no change.
  }
  return {}
}
