import { rootOffline } from '../core/assess.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import type { WriteTools } from './write-tools.js'

/**
 * Whether the recorder takes a root for offline, or would at its next look (see `rootOffline`): none of the files that
 * are known of it is there. A file put there would make it count as emptied, and the absence of all the others as
 * deletions. As a rule one stat tells.
 */
export function isRootOffline(
  { cursors, files, problems }: Pick<WriteTools, 'cursors' | 'files' | 'problems'>,
  root: WatchedRoot,
): boolean {
  if (problems.has({ root: root.name, path: '' })) return true
  let known = 0
  for (const { facts, state } of cursors.all()) {
    if (state !== 'live' || facts.root !== root.name) continue
    if (files.stat(absolutePath(root, facts.path))) return false
    known += 1
  }
  return rootOffline({ exists: files.stat(root.base)?.type === 'directory', found: 0, known })
}
