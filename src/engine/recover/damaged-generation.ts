import type { Cursor, CursorKey } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import type { FileHandle, FileStat } from '../ports/files.js'
import type { RestoreIntent } from '../ports/log.js'
import { latestState } from '../replay/content.js'
import { commonPrefix } from '../record/common-prefix.js'
import { ExtentAppender } from '../record/extent-appender.js'
import type { WatchedRoot } from '../record/watched-root.js'
import type { RecoverTools } from './recover-tools.js'

const scanBytes = 64 * 1024

/**
 * Records a damaged file as a generation of its own, so that nothing of it is lost when the repaired file takes its
 * place. The intent to repair goes into the same commit: from then on the damage is history, and only the intent knows
 * that something better is to stand there.
 *
 * @returns what is to be restored
 */
export async function recordDamagedGeneration(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  handle: FileHandle,
  stat: FileStat,
): Promise<RestoreIntent> {
  const { reader, writer } = tools
  const key: CursorKey = { root: root.name, path: cursor.facts.path }
  await writer.flush()
  const { content, epoch } = await latestState(reader, writer.log, key)
  const common = await commonPrefix(handle, content, reader)
  const intent: RestoreIntent = {
    kind: 'restore',
    key,
    log: writer.log,
    epoch,
    events: reader.log(writer.log)?.events ?? 0,
    // Also where nothing follows the run yet: the agent may still go on in the damaged file.
    keepFrom: endOfNulRun(handle, common, stat.size),
  }
  const reset: NewEvent = { body: { kind: 'reset', file: cursor.facts, epoch: epoch + 1, keep: common } }
  const begun: Cursor = { ...cursor, epoch: epoch + 1, position: common, checked: common }
  const appender = new ExtentAppender(tools)
  await appender.append({ root, path: key.path, handle, stat }, begun, [reset], {
    intents: [{ key, intent }],
  })
  await writer.flush()
  return intent
}

/** Where the run of NULs that begins at `from` ends. */
function endOfNulRun(handle: FileHandle, from: number, size: number): number {
  let position = from
  while (position < size) {
    const bytes = handle.read(position, scanBytes)
    const other = bytes.findIndex((byte) => byte !== 0)
    if (other !== -1) return position + other
    if (bytes.length === 0) break
    position += bytes.length
  }
  return size
}
