import type { Cursor, CursorKey } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import type { FileHandle, FileStat } from '../ports/files.js'
import { commonPrefix } from '../record/common-prefix.js'
import { ExtentAppender } from '../record/extent-appender.js'
import type { WatchedRoot } from '../record/watched-root.js'
import { latestState } from '../replay/content.js'
import type { RecoverTools } from './recover-tools.js'

/**
 * Records what somebody wrote into a file between the last look at it and the rename that put another in its place: he
 * had it open, and the bytes went into the old inode. They become a generation of their own, which `versions` lists.
 *
 * @param before what the last look saw
 * @returns whether there was anything
 */
export async function recordLateWrites(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  old: FileHandle,
  before: FileStat,
): Promise<boolean> {
  const stat = old.stat()
  if (stat.size === before.size && stat.mtimeMs === before.mtimeMs) return false
  const { reader, writer } = tools
  const key: CursorKey = { root: root.name, path: cursor.facts.path }
  await writer.flush()
  const { content, epoch } = await latestState(reader, writer.log, key)
  const common = await commonPrefix(old, content, reader)
  if (common === stat.size) return false
  const reset: NewEvent = { body: { kind: 'reset', file: cursor.facts, epoch: epoch + 1, keep: common } }
  const begun: Cursor = { ...cursor, epoch: epoch + 1, position: common, checked: common }
  const file = { root, path: key.path, handle: old, stat }
  await new ExtentAppender(tools).append(file, begun, [reset])
  await writer.flush()
  return true
}
