import { firstBytesMax } from '../formats/first-records.js'
import type { Cursor } from '../core/cursor.js'
import { prefix, suffix } from '../core/replay-plan.js'
import { FileError } from '../ports/files.js'
import type { CursorStore, WriteIntent } from '../ports/log.js'
import { commonPrefix } from '../record/common-prefix.js'
import { freshCursor, tailOf } from '../record/cursor-of.js'
import type { ObserverTools } from '../record/observer-tools.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { afterWrite, knownState } from '../record/written-state.js'

/**
 * Says what write-back had put in place when it was cut short. To be run at a start, before anything is looked at: a
 * sweep would take for somebody's append what Holdfast wrote itself (`echo-free`). Changes no file; what is missing of a
 * write is written when its stream is looked at next.
 *
 * @returns how many writes were found done, or begun
 */
export async function finishWrites(tools: ObserverTools & { readonly store: CursorStore }): Promise<number> {
  let found = 0
  for (const intent of await tools.store.loadIntents())
    if (intent.kind === 'write' && (await finishWrite(tools, intent))) found += 1
  await tools.writer.flush()
  return found
}

/** As `finishWrites`, of one write: also where the disk refused in the middle of it. @returns whether anything stands there */
export async function finishWrite(tools: ObserverTools, intent: WriteIntent): Promise<boolean> {
  const { key } = intent
  const root = tools.roots.find(({ name }) => name === key.root)
  const cursor = root ? await cursorAfter(tools, root, intent) : null
  const cursors = cursor ? [{ key, cursor }] : []
  await tools.cursors.submit({ events: [], cursors, intents: [{ key, intent: null }] }, tools.writer)
  return cursor !== null
}

/** Where the file stands if it holds more of the write's target than was known; null where nothing was written. */
async function cursorAfter(
  tools: ObserverTools,
  root: WatchedRoot,
  intent: WriteIntent,
): Promise<Cursor | null> {
  const { files, reader, hasher, clock, home, cursors } = tools
  const { key, keep, pieces, epoch } = intent
  const cursor = cursors.get(key)
  const own = await knownState(tools, key, cursor)
  const target = {
    pieces: [...prefix(own.content, keep).pieces, ...pieces],
    length: intent.length,
  }
  try {
    const handle = files.open(absolutePath(root, key.path))
    if (!handle) return null
    try {
      const stat = handle.stat()
      const shared = await commonPrefix(handle, target, reader)
      // Where the file goes on otherwise in the middle of a line, that line is somebody's that merely begins as ours does.
      const isOurs = shared === target.length || shared === stat.size || shared <= keep
      const common = isOurs ? shared : keep + handle.read(keep, shared - keep).lastIndexOf(0x0a) + 1
      const isNew = cursor === undefined || cursor.state !== 'live'
      const replaced = isNew || epoch !== cursor.epoch
      // A replacement is there whole or not at all; of bytes that were added any part may be.
      if (replaced ? common < target.length : common <= keep || common < own.content.length) return null
      const position = replaced ? target.length : common
      const written = { keep, pieces: suffix(prefix(target, position), keep).pieces, length: position }
      const base = cursor ?? freshCursor(root, key.path, home, stat.identity)
      const cwd = base.facts.cwd ?? root.format.cwd(handle.read(0, firstBytesMax))
      return {
        ...base,
        facts: { ...base.facts, cwd },
        epoch,
        position,
        state: 'live',
        identity: stat.identity,
        ...tailOf(hasher, position, undefined, handle),
        // The rest, if any, is somebody's append.
        size: -1,
        mtimeMs: -1,
        checked: 0,
        changedMs: clock.now(),
        suspect: null,
        written: afterWrite(cursor?.written ?? null, replaced, written, intent.heads, stat.mtimeMs),
      }
    } finally {
      handle.close()
    }
  } catch (error) {
    // It can't be read just now; the recorder reports it, and finds it as it is later.
    if (!(error instanceof FileError)) throw error
    return null
  }
}
