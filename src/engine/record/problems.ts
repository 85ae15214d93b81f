import type { CursorKey } from '../core/cursor.js'

/**
 * Something that could not be recorded and stays as it is until someone acts. Never fatal: the rest goes on.
 *
 * unreadable: no permission, or the disk can't read it · link: a symbolic link, not followed · name: no valid UTF-8
 * or too long · special: a device, socket or pipe · too-many: more files or levels than the bounds · offline: the
 * whole root is gone or empty at once
 */
export interface Problem {
  readonly code: 'unreadable' | 'link' | 'name' | 'special' | 'too-many' | 'offline'
  readonly root: string
  /** Relative to the root; '' is the root itself. */
  readonly path: string
  readonly message: string
}

/** Keeps the latest problem of each path, sorted when read. */
export class Problems {
  readonly #byPath = new Map<string, Problem>()

  set(problem: Problem): void {
    this.#byPath.set(`${problem.root}\0${problem.path}`, problem)
  }

  clear(key: CursorKey): void {
    this.#byPath.delete(`${key.root}\0${key.path}`)
  }

  /** A sweep finds anew whatever is still so. */
  clearRoot(root: string): void {
    for (const id of this.#byPath.keys()) if (id.startsWith(`${root}\0`)) this.#byPath.delete(id)
  }

  has(key: CursorKey): boolean {
    return this.#byPath.has(`${key.root}\0${key.path}`)
  }

  list(): Problem[] {
    return [...this.#byPath.keys()].toSorted().flatMap((id) => this.#byPath.get(id) ?? [])
  }
}
