/**
 * Absolute paths of whatever machine an event comes from: POSIX or Windows, compared as text. Nothing here asks this
 * machine's file system, so that every host derives the same from the same event.
 */

const windowsPath = /^(?:[A-Za-z]:(?:[\\/]|$)|\\\\)/

export function isWindowsPath(path: string): boolean {
  return windowsPath.test(path)
}

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') || windowsPath.test(path)
}

/** NFC, `/` between segments, no `/` at the end. The root folder of a POSIX system is ''. */
export function plainPath(path: string): string {
  const slashed = isWindowsPath(path) ? path.replaceAll('\\', '/') : path
  return slashed.normalize('NFC').replace(/\/+$/, '')
}

/**
 * What of `path` lies below `base`: '' for the base itself, else `/…`; null where it lies elsewhere. `/Users/me-too`
 * is not below `/Users/me`. Windows paths compare without case: editors write their drive letters both ways.
 */
export function pathBelow(path: string, base: string): string | null {
  const [inner, outer] = [plainPath(path), plainPath(base)]
  const head = inner.slice(0, outer.length)
  const same = isWindowsPath(base) ? head.toLowerCase() === outer.toLowerCase() : head === outer
  if (!same) return null
  const rest = inner.slice(outer.length)
  return rest === '' || rest.startsWith('/') ? rest : null
}

/** The path itself and its parents, deepest first, without the root folder. */
export function selfAndParents(path: string): string[] {
  const found: string[] = []
  let at = plainPath(path)
  while (at.includes('/')) {
    found.push(at)
    at = at.slice(0, at.lastIndexOf('/')).replace(/\/+$/, '')
  }
  return found
}

/** `~` and `~/…` under that home; other paths as they are. null where a home is needed and there is none. */
export function expandHome(path: string, home: string): string | null {
  if (path !== '~' && !path.startsWith('~/')) return path
  return home === '' ? null : plainPath(home) + path.slice(1)
}
