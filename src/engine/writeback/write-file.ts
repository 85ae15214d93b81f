import { firstBytesMax } from '../formats/first-records.js'
import type { Cursor, CursorKey } from '../core/cursor.js'
import { prefix, type Content } from '../core/replay-plan.js'
import { ownPrefix } from '../formats/droppings.js'
import type { FileHandle, FileStat } from '../ports/files.js'
import type { WriteIntent } from '../ports/log.js'
import { commonPrefix } from '../record/common-prefix.js'
import { freshCursor, hashHex, sameIdentity, tailOf, unchanged } from '../record/cursor-of.js'
import { ExtentAppender } from '../record/extent-appender.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { afterWrite, logWritten, seenBy } from '../record/written-state.js'
import { recordLateWrites } from '../recover/late-writes.js'
import { contentBytes, latestState } from '../replay/content.js'
import { sameAsWritten, writeContent } from '../replay/materialise.js'
import { keepReplaced } from './replaced-files.js'
import { planWrite, type WritePlan } from './target.js'
import type { WriteTools } from './write-tools.js'

/** One file that is to be written, as it was planned. */
export interface WriteJob {
  readonly root: WatchedRoot
  readonly key: CursorKey
  /** undefined where the file is to be made. */
  readonly cursor: Cursor | undefined
  /** What the file holds, and what it is to hold; null where it is only added to, and nobody asked. */
  readonly contents: { readonly own: Content; readonly content: Content } | null
  readonly plan: WritePlan
  /** The generation that the file is in afterwards. */
  readonly epoch: number
}

/**
 * written: done, the commit is on its way. changed: somebody was quicker; nothing of it was overwritten. `begun` where
 * bytes of ours may stand somewhere all the same.
 */
export type WriteOutcome =
  { readonly kind: 'written'; readonly bytes: number } | { readonly kind: 'changed'; readonly begun: boolean }

const changed: WriteOutcome = { kind: 'changed', begun: false }
const lostSight: WriteOutcome = { kind: 'changed', begun: true }

export function intentOf({ key, plan, epoch }: WriteJob): WriteIntent {
  const { keep, pieces, heads, length } = plan
  return { kind: 'write', key, epoch, keep, pieces, heads, length }
}

/**
 * Writes one file. Its intent is durable, and the last look at who holds it was just now; nothing of ours comes
 * between. Runs in a turn of the recorder. Throws FileError where the disk refuses.
 */
export function writeFile(tools: WriteTools, job: WriteJob): Promise<WriteOutcome> {
  if (job.cursor === undefined) return createFile(tools, job)
  return job.plan.how === 'add' ? addToFile(tools, job, job.cursor) : replaceFile(tools, job, job.cursor)
}

async function addToFile(tools: WriteTools, job: WriteJob, cursor: Cursor): Promise<WriteOutcome> {
  const { files, reader } = tools
  const { root, key, plan } = job
  const path = absolutePath(root, key.path)
  const parts: Uint8Array[] = []
  for await (const part of contentBytes(reader, addedContent(plan))) parts.push(part)
  const bytes = Buffer.concat(parts)
  const before = files.stat(path)
  if (!before || !unchanged(cursor, before)) return changed
  const after = files.append(path, bytes, before.identity)
  if (!after) return changed
  const handle = files.open(path)
  if (!handle) return lostSight
  try {
    const region = Buffer.from(handle.read(plan.keep, after.size - plan.keep))
    const at = region.indexOf(bytes)
    if (at === -1) return lostSight
    const start = plan.keep + at
    if (at > 0) {
      // Somebody appended between the look and the write: his bytes are his, and stand before ours.
      const stat = { ...after, size: start }
      const file = { root, path: key.path, handle, stat }
      await logWritten(tools, key)
      const then = tools.cursors.get(key) ?? cursor
      await new ExtentAppender(tools).append(file, then, [], {}, seenBy(file, then))
    }
    const now = tools.cursors.get(key) ?? cursor
    const end = start + bytes.length
    const added = { keep: start, pieces: plan.pieces, length: end }
    await commit(tools, job, {
      ...now,
      ...placed(tools, handle, end, after),
      written: afterWrite(now.written ?? null, false, added, plan.heads, after.mtimeMs),
    })
    return { kind: 'written', bytes: bytes.length }
  } finally {
    handle.close()
  }
}

async function createFile(tools: WriteTools, job: WriteJob): Promise<WriteOutcome> {
  const { files, reader } = tools
  const { root, key, plan } = job
  const path = absolutePath(root, key.path)
  const temporary = temporaryBeside(tools, path, key)
  files.makeDirectory(folderOf(path))
  files.remove(temporary)
  const fresh = files.create(temporary)
  try {
    for await (const chunk of contentBytes(reader, addedContent(plan))) fresh.write(chunk)
    // The log is durable, and a file that a power loss takes again is put back from it.
    fresh.finish(false)
  } catch (error) {
    fresh.abandon()
    throw error
  }
  if (!files.place(temporary, path)) return changed
  const handle = files.open(path)
  if (!handle) return lostSight
  try {
    const stat = handle.stat()
    const begun = freshCursor(root, key.path, tools.home, stat.identity)
    const cwd = root.format.cwd(handle.read(0, firstBytesMax))
    await commit(tools, job, {
      ...begun,
      facts: { ...begun.facts, cwd },
      epoch: job.epoch,
      ...placed(tools, handle, plan.length, stat),
      written: afterWrite(null, true, plan, plan.heads, stat.mtimeMs),
    })
    return { kind: 'written', bytes: plan.length }
  } finally {
    handle.close()
  }
}

async function replaceFile(tools: WriteTools, job: WriteJob, cursor: Cursor): Promise<WriteOutcome> {
  const { files, reader } = tools
  const { root, key, contents } = job
  const path = absolutePath(root, key.path)
  const old = contents && files.open(path)
  if (!old) return changed
  const { own, content: target } = contents
  const temporary = temporaryBeside(tools, path, key)
  try {
    const before = old.stat()
    if (!unchanged(cursor, before) || before.size !== own.length) return changed
    // Every byte that goes is in the log: seen once more, as nothing else would bring it back.
    if ((await commonPrefix(old, own, reader)) < before.size) return changed
    files.remove(temporary)
    const written = await writeContent(tools, target, temporary, before.mode & 0o777)
    if (!written.complete || !sameAsWritten(tools, temporary, written)) return changed
    keepReplaced(tools, root, key, before)
    const there = files.stat(path)
    const still = there !== undefined && sameIdentity(there.identity, before.identity)
    const held = tools.processes.holders([path]).byPath.get(path) ?? []
    const now = old.stat()
    if (!still || held.length > 0 || now.size !== before.size || now.mtimeMs !== before.mtimeMs)
      return changed
    files.rename(temporary, path)
    await commitReplaced(tools, job, target, cursor, old, before)
    return { kind: 'written', bytes: target.length - job.plan.keep }
  } finally {
    old.close()
    files.remove(temporary)
  }
}

/** What stands there now, after what somebody may have written into the old file in its last moment. */
async function commitReplaced(
  tools: WriteTools,
  job: WriteJob,
  target: Content,
  cursor: Cursor,
  old: FileHandle,
  before: FileStat,
): Promise<void> {
  const { files, reader, writer } = tools
  const { root, key, plan } = job
  const late = await recordLateWrites(tools, root, cursor, old, before)
  const state = late ? await latestState(reader, writer.log, key) : null
  const last = state ? await planWrite(reader, state.content, target, plan.heads) : plan
  const epoch = state ? state.epoch + 1 : job.epoch
  // Added to a late generation it would be no epoch of its own; it is one, as another inode stands there.
  const handle = files.open(absolutePath(root, key.path))
  if (!handle) return
  try {
    const stat = handle.stat()
    const base = tools.cursors.get(key) ?? cursor
    await commit(tools, job, {
      ...base,
      epoch,
      ...placed(tools, handle, target.length, stat),
      written: afterWrite(null, true, last, plan.heads, stat.mtimeMs),
    })
  } finally {
    handle.close()
  }
}

function placed(
  { hasher, clock }: WriteTools,
  handle: FileHandle,
  position: number,
  stat: FileStat,
): Pick<
  Cursor,
  | 'position'
  | 'state'
  | 'identity'
  | 'size'
  | 'mtimeMs'
  | 'tailLength'
  | 'tailHash'
  | 'checked'
  | 'changedMs'
  | 'suspect'
> {
  // Where more stands behind, it is somebody's append: the next look finds it.
  const atEnd = stat.size === position
  return {
    position,
    state: 'live',
    identity: stat.identity,
    size: atEnd ? position : -1,
    mtimeMs: atEnd ? stat.mtimeMs : -1,
    ...tailOf(hasher, position, undefined, handle),
    // An edit within the tick of the last change was seen by nobody yet: it shows when the file is at rest.
    checked: 0,
    changedMs: clock.now(),
    suspect: null,
  }
}

async function commit({ cursors, writer }: WriteTools, { key }: WriteJob, cursor: Cursor): Promise<void> {
  await cursors.submit({ events: [], cursors: [{ key, cursor }], intents: [{ key, intent: null }] }, writer)
}

/** One name for one file of one log: what a write that was killed left behind makes way for the next one. */
function temporaryBeside({ hasher, writer }: WriteTools, path: string, key: CursorKey): string {
  const name = hashHex(hasher.xxh64(Buffer.from(`${writer.log}\0${key.root}\0${key.path}`)))
  return `${folderOf(path)}/${ownPrefix}${name}`
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** What a plan puts behind what is kept. */
function addedContent({ pieces, keep, length }: WritePlan): Content {
  return { pieces, length: length - keep }
}

/** The longest part of an added text, in whole lines, that one write takes. */
export async function boundedPlan(
  { reader }: Pick<WriteTools, 'reader'>,
  plan: WritePlan,
  maxBytes: number,
): Promise<{ readonly plan: WritePlan; readonly whole: boolean }> {
  if (plan.how !== 'add' || plan.length - plan.keep <= maxBytes) return { plan, whole: true }
  let end = 0
  let lineEnd = 0
  for await (const bytes of contentBytes(reader, addedContent(plan))) {
    const newline = bytes.lastIndexOf(0x0a)
    const isFull = end + bytes.length > maxBytes
    if (isFull && lineEnd > 0) break
    if (newline !== -1) lineEnd = end + newline + 1
    end += bytes.length
    if (isFull && lineEnd > 0) break
  }
  if (lineEnd === 0 || plan.keep + lineEnd >= plan.length) return { plan, whole: true }
  const part = prefix(addedContent(plan), lineEnd)
  return { plan: { ...plan, pieces: part.pieces, length: plan.keep + lineEnd }, whole: false }
}
