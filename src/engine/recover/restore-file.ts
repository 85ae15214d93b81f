import { recordLateWrites } from './late-writes.js'
import { cursorId, type Cursor, type CursorKey } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import { sharedLength, suffix, type Content } from '../core/replay-plan.js'
import { FileError, type FileHandle, type FileStat } from '../ports/files.js'
import type { RestoreIntent } from '../ports/log.js'
import type { Processes } from '../ports/processes.js'
import { commonPrefix } from '../record/common-prefix.js'
import { freshCursor, hashHex, sameIdentity, tailOf } from '../record/cursor-of.js'
import { ownPrefix } from '../formats/droppings.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { latestState } from '../replay/content.js'
import { contentDigest } from '../replay/file-digest.js'
import { loggedHeads } from '../record/written-state.js'
import { sameAsWritten, writeContent, type Written } from '../replay/materialise.js'
import { recordDamagedGeneration } from './damaged-generation.js'
import type { RecoverTools } from './recover-tools.js'
import { restoreTarget } from './restore-target.js'

export type RestoreOutcome =
  | { readonly kind: 'restored'; readonly bytes: number }
  /** Left undone on purpose: somebody holds the file open, or changed it just now. */
  | { readonly kind: 'held'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Puts a suspect file back. Only when every byte that it replaces is in the log, nobody holds the file open and it is
 * what was assessed. The new file is written beside it, synced, read back and renamed into place. Killed at any point,
 * it can be run again: until the cursor says so, the file counts as suspect.
 */
export async function restoreFile(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  known: RestoreIntent | null,
): Promise<RestoreOutcome> {
  const path = absolutePath(root, cursor.facts.path)
  const held = heldOpen(tools.processes, path)
  if (held !== null) return { kind: 'held', why: held }
  let handle: FileHandle | undefined
  try {
    handle = tools.files.open(path)
    const stat = handle?.stat()
    if (!handle && tools.files.stat(path)) return { kind: 'failed', why: 'something else stands there' }
    const changed = differsFromAssessed(cursor, stat, known)
    if (changed) return { kind: 'held', why: changed }
    const damaged = handle && stat && cursor.suspect?.reason === 'nul-run' && !known ? { handle, stat } : null
    const intent = damaged
      ? await recordDamagedGeneration(tools, root, cursor, damaged.handle, damaged.stat)
      : known
    const target = await restoreTarget(tools, cursor, intent)
    if (!target) return { kind: 'failed', why: 'the log does not hold all of it' }
    return await replace(tools, root, cursor, intent, target, handle, stat)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { kind: 'failed', why: error.message }
  } finally {
    handle?.close()
  }
}

function differsFromAssessed(
  cursor: Cursor,
  stat: FileStat | undefined,
  intent: RestoreIntent | null,
): string | null {
  const { suspect } = cursor
  // A crash between the rename and the commit leaves the repaired file: replacing it by its equal does no harm.
  if (intent) return null
  if (suspect?.reason === 'missing') return stat ? 'it came back' : null
  if (!stat) return 'it is gone now'
  return suspect?.size === stat.size && suspect.mtimeMs === stat.mtimeMs
    ? null
    : 'it changed since it was assessed'
}

async function replace(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  intent: RestoreIntent | null,
  target: Content,
  old: FileHandle | undefined,
  before: FileStat | undefined,
): Promise<RestoreOutcome> {
  const { files, hasher, writer } = tools
  const path = absolutePath(root, cursor.facts.path)
  const folder = path.slice(0, path.lastIndexOf('/'))
  // One name for one file of one log: what a restore that was killed left behind makes way for the next one.
  const name = hashHex(hasher.xxh64(Buffer.from(`${writer.log}\0${cursorId(cursor.facts)}`)))
  const temporary = `${folder}/${ownPrefix}${name}`
  files.makeDirectory(folder)
  files.remove(temporary)
  const written = await writeContent(tools, target, temporary, before?.mode)
  try {
    if (!written.complete) return { kind: 'failed', why: 'the log can’t give all of it any more' }
    if (!sameAsWritten(tools, temporary, written)) {
      return { kind: 'failed', why: 'the disk did not keep what was written' }
    }
    const why = await unsafeToReplace(tools, path, cursor, target, old, before, intent)
    if (why !== null) return { kind: 'held', why }
    files.rename(temporary, path)
  } finally {
    files.remove(temporary)
  }
  if (old && before) await recordLateWrites(tools, root, cursor, old, before)
  await commitRestored(tools, root, cursor, target, written)
  return { kind: 'restored', bytes: written.bytes }
}

/**
 * The last look before the old file goes: every byte of it must be in the log, it must be at rest, and it must still be
 * the file that stands there. What is asked of the system comes last, with nothing of ours between it and the rename.
 */
async function unsafeToReplace(
  { files, processes, reader, writer }: RecoverTools,
  path: string,
  cursor: Cursor,
  target: Content,
  old: FileHandle | undefined,
  before: FileStat | undefined,
  intent: RestoreIntent | null,
): Promise<string | null> {
  if (!old || !before) return files.stat(path) ? 'it came back' : null
  const key: CursorKey = { root: cursor.facts.root, path: cursor.facts.path }
  const logged = intent ? (await latestState(reader, writer.log, key)).content : target
  const known = await commonPrefix(old, logged, reader)
  const repaired = known < before.size ? await commonPrefix(old, target, reader) : known
  if (Math.max(known, repaired) < before.size) return 'it holds bytes that are not in the log'
  const held = heldOpen(processes, path)
  if (held !== null) return held
  const now = old.stat()
  if (now.size !== before.size || now.mtimeMs !== before.mtimeMs) return 'somebody is writing it'
  const there = files.stat(path)
  if (!there) return 'it is gone now'
  return sameIdentity(there.identity, before.identity) ? null : 'it was replaced just now'
}

function heldOpen(processes: Processes, path: string): string | null {
  const holders = processes.holders([path]).byPath.get(path) ?? []
  return holders.length > 0 ? `open in process ${holders.join(', ')}` : null
}

/** Says in the log what stands there now, as references; nothing to say where that is what was recorded last. */
export async function commitRestored(
  tools: RecoverTools,
  root: WatchedRoot,
  cursor: Cursor,
  target: Content,
  written: Written,
): Promise<void> {
  const { cursors, writer, reader, hasher, files, home, clock } = tools
  const key: CursorKey = { root: root.name, path: cursor.facts.path }
  const handle = files.open(absolutePath(root, key.path))
  if (!handle) return
  try {
    const stat = handle.stat()
    const latest = await latestState(reader, writer.log, key)
    const keep = sharedLength(latest.content, target)
    const same = keep === target.length && latest.content.length === target.length
    const epoch = same ? latest.epoch : latest.epoch + 1
    const next: Cursor = {
      ...freshCursor(root, key.path, home, stat.identity),
      facts: cursor.facts,
      epoch,
      position: target.length,
      // Somebody may have changed it within the same tick of its time stamp: it is held against the log once more.
      checked: 0,
      ...tailOf(hasher, target.length, undefined, handle),
      size: target.length === stat.size ? stat.size : -1,
      mtimeMs: stat.mtimeMs,
      changedMs: clock.now(),
    }
    const rest = suffix(target, keep).pieces
    const heads = await loggedHeads(tools, key)
    const digest = same ? written.digest : await contentDigest(hasher, reader, target)
    const event: NewEvent = {
      body: {
        kind: 'written',
        file: cursor.facts,
        epoch,
        keep,
        pieces: rest,
        heads,
        length: target.length,
        digest,
      },
    }
    const events = same ? [] : [event]
    await cursors.submit(
      { events, cursors: [{ key, cursor: next }], intents: [{ key, intent: null }] },
      writer,
    )
    await writer.flush()
  } finally {
    handle.close()
  }
}
