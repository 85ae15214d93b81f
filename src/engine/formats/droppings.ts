import { baseName } from './path.js'

/** Names that Holdfast gives to its own files and folders inside a root begin like this. */
export const ownPrefix = '.holdfast-'

const droppings: readonly RegExp[] = [
  /^\.DS_Store$/,
  /^Thumbs\.db$/i,
  // What macOS keeps beside a file on a share that has no room for its attributes.
  /^\._/,
  /\.lock$/i,
  // `x.tmp`, and `x.tmp.<pid>.<time>` as atomic writers name it.
  /\.tmp(?:\.[0-9a-z-]+)*$/i,
  // Editors: vim, emacs, and backups.
  /\.sw[op]$/,
  /^\.#/,
  /^#.*#$/,
  /~$/,
  // An open file that was deleted on a network mount.
  /^\.nfs[0-9a-f]{8,}$/,
]

/**
 * Files of tools of their own, never of a session: a repository's objects must not be merged or written back, and
 * people do keep their session folders under version control.
 */
const toolFolders = new Set(['.git', '.hg', '.svn'])

/** False for Holdfast's own files, and for locks, temporary files and caches that are clearly no content. */
export function isContent(path: string): boolean {
  const name = baseName(path)
  return name !== '' && mayHoldContent(path) && !droppings.some((dropping) => dropping.test(name))
}

/** False for a folder in which nothing is content. */
export function mayHoldContent(folder: string): boolean {
  return !folder.split('/').some((segment) => segment.startsWith(ownPrefix) || toolFolders.has(segment))
}
