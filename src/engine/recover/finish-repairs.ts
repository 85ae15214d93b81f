import type { Cursor } from '../core/cursor.js'
import { FileError } from '../ports/files.js'
import type { RestoreIntent } from '../ports/log.js'
import { commonPrefix } from '../record/common-prefix.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { contentDigest } from '../replay/file-digest.js'
import type { RecoverTools } from './recover-tools.js'
import { commitRestored } from './restore-file.js'
import { restoreTarget } from './restore-target.js'

/**
 * Says in the log what a repair had put in place when it was cut short. To be run at a start, before anything is looked
 * at: a sweep would take for somebody's rewrite what Holdfast wrote itself (`echo-free`). Changes no file.
 *
 * @returns how many repairs were found done
 */
export async function finishRepairs(tools: RecoverTools): Promise<number> {
  let finished = 0
  for (const intent of await tools.store.loadIntents()) {
    if (intent.kind !== 'restore') continue
    const root = tools.roots.find(({ name }) => name === intent.key.root)
    const cursor = tools.cursors.get(intent.key)
    if (root && cursor && (await finishRepair(tools, root, cursor, intent))) finished += 1
  }
  return finished
}

async function finishRepair(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  intent: RestoreIntent,
): Promise<boolean> {
  const { files, reader, hasher } = tools
  const target = await restoreTarget(tools, cursor, intent)
  if (!target) return false
  try {
    const handle = files.open(absolutePath(root, cursor.facts.path))
    if (!handle) return false
    try {
      if (handle.stat().size !== target.length) return false
      if ((await commonPrefix(handle, target, reader)) < target.length) return false
    } finally {
      handle.close()
    }
    const digest = await contentDigest(hasher, reader, target)
    await commitRestored(tools, root, cursor, target, { bytes: target.length, digest, complete: true })
    return true
  } catch (error) {
    // It can't be read just now: the repair finds it as it is.
    if (!(error instanceof FileError)) throw error
    return false
  }
}
