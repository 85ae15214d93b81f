import { lstatSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/** Where a root stands at the moment. */
export interface RootPlace {
  /** The root's real path; undefined where there is no such folder. */
  readonly real: string | undefined
  /** The nearest folder above the root that exists. */
  readonly above: string
  /** Equal values: nothing on the way to the root was replaced, as far as inodes tell. */
  readonly key: string
}

/** Looks for a root's folder. A link on the way to it is followed, as people keep their agents' folders behind one. */
export function placeOf(folder: string): RootPlace {
  const real = realFolder(folder)
  let above = dirname(folder)
  while (realFolder(above) === undefined && above !== dirname(above)) above = dirname(above)
  return { real, above, key: JSON.stringify([real, inodeOf(real), above, inodeOf(realFolder(above))]) }
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return lstatSync(real).isDirectory() ? real : undefined
  } catch {
    // Missing, or closed to us: to a watcher that is the same.
    return undefined
  }
}

function inodeOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const { dev, ino } = lstatSync(path)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
