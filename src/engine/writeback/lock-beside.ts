import { baseName, stem } from '../formats/path.js'
import { FileError, type FileStat, type Files } from '../ports/files.js'
import type { Clock } from '../ports/clock.js'

/** A folder's time is as fine as the kernel's tick: what was listed this soon after it may have missed an entry. */
const listingSettlesMs = 100

interface Listing {
  readonly folderMs: number
  readonly listedMs: number
  readonly names: readonly string[]
}

/** Finds what programs put beside a file that they write: lock files and folders, temporary files, editors' swaps. */
export class LockBeside {
  readonly #files: Files
  readonly #clock: Clock
  /** Of each folder asked for: the few names in it that may be a lock. As many as folders of one pass. */
  readonly #listings = new Map<string, Listing>()

  constructor(files: Files, clock: Clock) {
    this.#files = files
    this.#clock = clock
  }

  /** Those beside `path`, with their times of change, by name. */
  of(path: string): { readonly path: string; readonly name: string; readonly mtimeMs: number }[] {
    const folder = path.slice(0, path.lastIndexOf('/'))
    const isLock = lockOf(baseName(path))
    return this.#candidates(folder)
      .filter(isLock)
      .flatMap((name) => {
        const stat = this.#stat(`${folder}/${name}`)
        return stat ? [{ path: `${folder}/${name}`, name, mtimeMs: stat.mtimeMs }] : []
      })
  }

  #candidates(folder: string): readonly string[] {
    const folderMs = this.#stat(folder)?.mtimeMs
    if (folderMs === undefined) return []
    const known = this.#listings.get(folder)
    if (known?.folderMs === folderMs && folderMs + listingSettlesMs < known.listedMs) return known.names
    const listedMs = this.#clock.now()
    const names = this.#list(folder).filter((name) => /\.lock$|\.tmp|\.sw[a-p]$|^\.#/.test(name))
    this.#listings.set(folder, { folderMs, listedMs, names })
    return names
  }

  #list(folder: string): string[] {
    try {
      return this.#files.list(folder)?.entries.map(({ name }) => name) ?? []
    } catch (error) {
      // A folder that can't be listed shows no lock; who can't list it will hardly write in it either.
      if (error instanceof FileError) return []
      throw error
    }
  }

  #stat(path: string): FileStat | undefined {
    try {
      return this.#files.stat(path)
    } catch (error) {
      if (error instanceof FileError) return undefined
      throw error
    }
  }
}

function lockOf(file: string): (name: string) => boolean {
  const exact = new Set([`${file}.lock`, `.${file}.lock`, `${stem(file)}.lock`, `.#${file}`])
  const swap = new Set([`${file}.sw`, `.${file}.sw`])
  return (name) =>
    exact.has(name) ||
    name.startsWith(`${file}.tmp`) ||
    name.startsWith(`.${file}.tmp`) ||
    swap.has(name.slice(0, -1))
}
