import { HoldfastError } from '../core/errors.js'
import { isAbsolutePath, isWindowsPath } from '../core/host-path.js'
import { checkRootNames, type ResolvedRoot, type Root } from '../core/root.js'
import { formatNamed } from './format.js'
import { globMatcher, isGlob, unescapeGlob } from './glob.js'

/** Folders that people name in place of the one that the format's layout begins at. */
const misplaced: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // The folder above `projects` holds credentials and settings, which are no sessions.
  claude: { '.claude': 'Name its `projects` folder.' },
  codex: { sessions: 'Name the folder above it.', archived_sessions: 'Name the folder above it.' },
  gemini: { '.gemini': 'Name its `tmp` folder.', chats: 'Name the `tmp` folder above it.' },
}

/** Resolves all roots of a host. Throws CONFIG_INVALID as `resolveRoot` does, and for a name that is used twice. */
export function resolveRoots(roots: readonly Root[]): ResolvedRoot[] {
  checkRootNames(roots)
  return roots.map(resolveRoot)
}

/**
 * Makes a root ready to be walked. A pattern admits what it matches and, where that is a folder, everything below.
 * A pattern that names one file by its extension (`/logs/current.jsonl`) admits that file of its folder.
 * Throws CONFIG_INVALID for a malformed name, an unknown format, or a pattern that is not absolute or cannot hold
 * what the format looks for.
 */
export function resolveRoot(root: Root): ResolvedRoot {
  checkRootNames([root])
  const format = formatNamed(root.format)
  const segments = patternSegments(root)
  const firstGlob = segments.findIndex(isGlob)
  const refuse = (what: string, next: string): never => {
    throw new HoldfastError('CONFIG_INVALID', `root “${root.name}”: ${what}`, { next })
  }
  if (segments.includes('..') || segments.includes('.')) {
    refuse(`${root.pattern} has “.” or “..” in it`, 'Write the path without them.')
  }
  if (firstGlob !== -1 && (format.name === 'codex' || format.name === 'gemini')) {
    // Their sessions lie at fixed places below one folder, and all the rest of it is pruned by that.
    refuse(`a ${format.name} root is one folder, not a glob`, 'Add one root for each folder.')
  }
  const last = unescapeGlob(segments.at(-1) ?? '')
  const hint = misplaced[format.name]?.[last]
  if (hint !== undefined) refuse(`no ${format.name} root begins at ${root.pattern}`, hint)

  const layoutFree = format.name === 'messages' || format.name === 'lines' || format.name === 'file'
  const oneFile = firstGlob === -1 && layoutFree && /.\.(?:jsonl|ndjson|json|log|txt|md)$/i.test(last)
  const split = oneFile ? segments.length - 1 : firstGlob === -1 ? segments.length : firstGlob
  const base = segments.slice(0, split).map(unescapeGlob).join('/')
  const glob = segments.slice(split)
  return {
    name: root.name,
    format: format.name,
    base: base === '' ? '/' : /^[A-Za-z]:$/.test(base) ? `${base}/` : base,
    poll: root.poll,
    ...(glob.length === 0 ? { admits: () => true, mayHold: () => true } : globRules(glob)),
  }
}

/** The pattern's segments; the first is '' for POSIX paths and a drive for Windows ones. */
function patternSegments(root: Root): string[] {
  if (!isAbsolutePath(root.pattern) || root.pattern.includes('\0')) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      `root “${root.name}”: ${root.pattern} is not an absolute path`,
      {
        next: 'Write the path from / or, with `holdfast root add`, from ~.',
      },
    )
  }
  // A Windows path that was written with backslashes throughout escapes no glob.
  const written = root.pattern
  const slashed = isWindowsPath(written) && !written.includes('/') ? written.replaceAll('\\', '/') : written
  const [first = '', ...rest] = slashed.split('/')
  return [first, ...rest.filter((segment) => segment !== '')]
}

function globRules(glob: readonly string[]): Pick<ResolvedRoot, 'admits' | 'mayHold'> {
  const matches = globMatcher(glob.join('/'))
  // Braces over several segments cannot be followed segment by segment: the walk looks everywhere then.
  const walkable = glob.every((segment) => balanced(segment))
  const segmentMatchers = glob.map((segment) => (segment.includes('**') ? null : globMatcher(segment)))
  return {
    admits: (path) => {
      for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
        if (matches(path.slice(0, end))) return true
      }
      return matches(path)
    },
    mayHold: (folder) => {
      if (folder === '' || !walkable) return true
      for (const [index, segment] of folder.split('/').entries()) {
        const matcher = segmentMatchers[index]
        if (matcher === undefined || matcher === null) return true
        if (!matcher(segment)) return false
      }
      return true
    },
  }
}

function balanced(segment: string): boolean {
  const bare = segment.replace(/\\./gs, '')
  return (
    bare.split('{').length === bare.split('}').length && bare.split('[').length === bare.split(']').length
  )
}
