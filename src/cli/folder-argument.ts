import { resolve } from 'node:path'
import { isAbsolutePath, pathBelow } from '../engine/core/host-path.js'

/**
 * A folder as `project map` stores it: `~/…` where it lies below the home, because the shell replaced the `~` before
 * the command saw it; absolute paths, also of another system, as they are; others from the working folder.
 */
export function namedFolder(text: string, cwd: string, home: string): string {
  if (text === '~' || text.startsWith('~/')) return text
  const path = isAbsolutePath(text) ? text : resolve(cwd, text)
  const rest = home === '' ? null : pathBelow(path, home)
  return rest === null ? path : `~${rest}`
}
