import { cursorId, type CursorKey } from '../core/cursor.js'
import { ownPrefix } from '../formats/droppings.js'
import { FileError, type FileHandle, type FileStat } from '../ports/files.js'
import { hashHex, sameIdentity } from '../record/cursor-of.js'
import { commonPrefix } from '../record/common-prefix.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { logWritten } from '../record/written-state.js'
import { recordLateWrites } from '../recover/late-writes.js'
import { contentDigest } from '../replay/file-digest.js'
import { commitRestored } from '../recover/restore-file.js'
import { fileEpochs, latestState } from '../replay/content.js'
import type { WriteTools } from './write-tools.js'

/** How long a file that was replaced is looked at: an agent may have had it open, and write into it yet. */
const keptForMs = 7 * 24 * 60 * 60 * 1000

/** How many replaced inodes of one file are kept. */
const keptPerFile = 8

/** A folder of the root: on the same file system, so that a second name for the old file can stand there. */
const folderName = `${ownPrefix}replaced`

/** Keeps the file that is about to be replaced under a second name. */
export function keepReplaced(tools: WriteTools, root: WatchedRoot, key: CursorKey, before: FileStat): void {
  const folder = `${root.base}/${folderName}`
  tools.files.makeDirectory(folder)
  makeRoom(tools, folder, idOf(tools, key))
  const { ino } = before.identity
  const name = [idOf(tools, key), ino, before.size, before.mtimeMs, tools.clock.now()].join('_')
  try {
    tools.files.link(absolutePath(root, key.path), `${folder}/${name}`)
  } catch (error) {
    // A file system without second names: the look right after the rename is all that there is.
    if (!(error instanceof FileError)) throw error
  }
}

function keptAt(name: string): number {
  return Number(name.split('_').at(-1))
}

/** Of one file only the last few are kept, and any that somebody still has open. */
function makeRoom({ files, processes }: WriteTools, folder: string, id: string): void {
  const kept = (files.list(folder)?.entries ?? []).filter(({ name }) => name.startsWith(`${id}_`))
  if (kept.length < keptPerFile) return
  const oldest = kept.map(({ name }) => name).toSorted((a, b) => keptAt(a) - keptAt(b))
  const going = oldest.slice(0, kept.length - keptPerFile + 1).map((name) => `${folder}/${name}`)
  const { byPath } = processes.holders(going)
  // One that somebody wrote into since goes only when that is in the log: the next sweep sees to it.
  for (const path of going) if (!byPath.has(path) && isAsKept(files, path)) files.remove(path)
}

function isAsKept(files: WriteTools['files'], path: string): boolean {
  const [, , size, mtimeMs] = path.slice(path.lastIndexOf('/') + 1).split('_')
  const stat = files.stat(path)
  return stat === undefined || (stat.size === Number(size) && stat.mtimeMs === Number(mtimeMs))
}

/**
 * Looks at files that were replaced: what somebody still wrote into one is recorded as a generation of its file, which
 * the merge takes up. Those unchanged for seven days are let go. Runs in a turn of the recorder.
 *
 * @returns how many had grown
 */
export async function sweepReplaced(tools: WriteTools, root: WatchedRoot): Promise<number> {
  const { files, clock, cursors } = tools
  const folder = `${root.base}/${folderName}`
  let found = 0
  for (const { name, type } of files.list(folder)?.entries ?? []) {
    const [id, , size, mtimeMs, keptMs] = name.split('_')
    const kept = Number(keptMs)
    if (type !== 'file' || !Number.isFinite(kept)) continue
    const path = `${folder}/${name}`
    const stat = files.stat(path)
    if (!stat) continue
    if (stat.size !== Number(size) || stat.mtimeMs !== Number(mtimeMs)) {
      const cursor = [...cursors.all()].find((each) => idOf(tools, each.facts) === id)
      // A replace that was cut short, or given up, left a second name of the file that still stands there.
      const stands = cursor && files.stat(absolutePath(root, cursor.facts.path))
      if (stands && sameIdentity(stands.identity, stat.identity)) continue
      const late =
        cursor?.state === 'live' ? await recordLate(tools, root, cursor.facts, path, Number(size)) : 'no'
      // It is nowhere else: as long as the log can't take it (its file is gone, or incomplete) it stays, however old.
      if (late === 'no') continue
      if (late === 'recorded') found += 1
      const next = [id, stat.identity.ino, stat.size, stat.mtimeMs, clock.now()].join('_')
      files.link(path, `${folder}/${next}`)
      files.remove(path)
    } else if (clock.now() - kept > keptForMs) files.remove(path)
  }
  return found
}

async function recordLate(
  tools: WriteTools,
  root: WatchedRoot,
  key: CursorKey,
  path: string,
  sizeThen: number,
): Promise<'recorded' | 'known' | 'no'> {
  const { files, reader, writer, hasher, cursors } = tools
  await logWritten(tools, key)
  await writer.flush()
  const cursor = cursors.get(key)
  const old = files.open(path)
  if (!old || !cursor) return 'no'
  try {
    const now = await latestState(reader, writer.log, key)
    if (!now.complete) return 'no'
    // It may have stood there for a while after it got this name: then what it grew by was recorded as any append is.
    if (await isRecorded(tools, key, old)) return 'known'
    const then = { ...old.stat(), size: sizeThen }
    if (!(await recordLateWrites(tools, root, cursor, old, then))) return 'no'
    // What stands at the file's place is what stood there before.
    const digest = await contentDigest(hasher, reader, now.content)
    const written = { bytes: now.content.length, digest, complete: true }
    await commitRestored(tools, root, cursor, now.content, written)
    const after = cursors.get(key)
    // The file stands as before, and so does what its next append has to state.
    if (cursor.written && after) {
      const { marks } = cursor.written
      cursors.set(key, { ...after, written: { unlogged: null, marks, mtimeMs: after.mtimeMs } })
    }
    return 'recorded'
  } finally {
    old.close()
  }
}

/** Whether all that stands in an old file is the beginning of some generation in the log. */
async function isRecorded(
  { reader, writer }: Pick<WriteTools, 'reader' | 'writer'>,
  key: CursorKey,
  old: FileHandle,
): Promise<boolean> {
  const file = reader.file(writer.log, key)
  const { size } = old.stat()
  for (const { content } of file ? await fileEpochs(reader, file) : [])
    if (content.length >= size && (await commonPrefix(old, content, reader)) === size) return true
  return false
}

function idOf({ hasher }: Pick<WriteTools, 'hasher'>, key: CursorKey): string {
  return hashHex(hasher.xxh64(Buffer.from(cursorId(key))))
}
