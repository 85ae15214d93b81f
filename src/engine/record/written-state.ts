import { maxMarks, type Cursor, type CursorKey, type WriteMark, type WrittenState } from '../core/cursor.js'
import type { EventRef, NewEvent, Piece } from '../core/event.js'
import { concat, prefix, type Content } from '../core/replay-plan.js'
import { seenMarks } from '../formats/continuation.js'
import { latestState, type FileState } from '../replay/content.js'
import { contentDigest, FileDigest } from '../replay/file-digest.js'
import { absolutePath } from './watched-root.js'
import { HoldfastError } from '../core/errors.js'
import { limits } from '../core/limits.js'
import type { FileHandle } from '../ports/files.js'
import type { Hasher } from '../ports/hash.js'
import type { OpenFile } from './open-file.js'
import type { ObserverTools } from './observer-tools.js'

/** The most of an append, and of what a write-back brought before it, that is looked at to tell what its writer saw. */
const seenMaxBytes = 1024 * 1024

/** What a file holds as far as Holdfast knows: as logged, and what write-back put there that no event says yet. */
export async function knownState(
  { reader, writer }: Pick<ObserverTools, 'reader' | 'writer'>,
  key: CursorKey,
  cursor: Cursor | undefined,
): Promise<FileState> {
  const state = await latestState(reader, writer.log, key)
  const unlogged = cursor?.written?.unlogged
  if (!unlogged || !cursor) return state
  return { ...state, epoch: cursor.epoch, content: withPieces(state.content, unlogged), present: true }
}

/** The `written` event that is still to be logged of a file, or null. */
export async function writtenEvent(tools: ObserverTools, cursor: Cursor): Promise<NewEvent | null> {
  const { reader, writer } = tools
  const { written, facts, epoch, position } = cursor
  if (!written?.unlogged) return null
  const { keep, pieces } = written.unlogged
  const logged = await latestState(reader, writer.log, { root: facts.root, path: facts.path })
  const content = withPieces(logged.content, written.unlogged)
  const digest = await digestOf(tools, cursor, prefix(content, position))
  const heads = written.marks.at(-1)?.heads ?? []
  return {
    body: { kind: 'written', file: facts, epoch, keep, pieces, heads, length: content.length, digest },
  }
}

/** Of what a file holds by the log; where the log can't be read, of what stands in the file. */
async function digestOf(
  tools: ObserverTools,
  { facts, position }: Cursor,
  content: Content,
): Promise<string> {
  const { reader, hasher, files, roots } = tools
  try {
    return await contentDigest(hasher, reader, content)
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') throw error
    const root = roots.find(({ name }) => name === facts.root)
    const handle = root && files.open(absolutePath(root, facts.path))
    if (!handle) return new FileDigest(hasher).hex()
    try {
      return digestOnDisk(hasher, handle, position)
    } finally {
      handle.close()
    }
  }
}

function digestOnDisk(hasher: Hasher, handle: FileHandle, length: number): string {
  const digest = new FileDigest(hasher)
  let at = 0
  while (at < length) {
    const bytes = handle.read(at, Math.min(limits.extentMaxBytes, length - at))
    if (bytes.length === 0) break
    digest.update(bytes)
    at += bytes.length
  }
  return digest.hex()
}

/** Says in the log what write-back did to a file, where nothing says it yet. Handed over, not durable, when it resolves. */
export async function logWritten(tools: ObserverTools, key: CursorKey): Promise<void> {
  const { cursors, writer } = tools
  const cursor = cursors.get(key)
  if (!cursor?.written?.unlogged) return
  await writer.flush()
  const event = await writtenEvent(tools, cursor)
  if (!event) return
  const next: Cursor = { ...cursor, written: { ...cursor.written, unlogged: null } }
  await cursors.submit({ events: [event], cursors: [{ key, cursor: next }] }, writer)
}

/** As `logWritten`, for every file: nothing else is known of any of them afterwards than what the log says. Durable. */
export async function logAllWritten(tools: ObserverTools): Promise<void> {
  // Each that is logged is put anew: the ones to be logged are told beforehand.
  const all = Array.from(tools.cursors.all())
  for (const { facts, written } of all)
    if (written?.unlogged) await logWritten(tools, { root: facts.root, path: facts.path })
  await tools.writer.flush()
}

/**
 * The heads that a file contains by the last thing that its log says of it: those of a `written`, where nothing of this
 * host's own came after it. For a cursor that does not know them any more.
 */
export async function loggedHeads(
  { reader, writer }: Pick<ObserverTools, 'reader' | 'writer'>,
  key: CursorKey,
): Promise<readonly EventRef[]> {
  const file = reader.file(writer.log, key)
  const last = file && (await reader.lastRow(file))
  if (last?.kind !== 'written') return []
  const { body } = (await reader.read(last)).event
  return body.kind === 'written' ? body.heads : []
}

/** What an append says of the write-backs before it. */
export interface Seen {
  /** The heads that the file contained for whoever appended. */
  readonly parents: readonly EventRef[]
  /** What is left of the write-backs' state afterwards: marks that he had not read. */
  readonly written: WrittenState | null
}

/**
 * What somebody who adds to a file now has seen of what write-back brought. An agent that read the file before a
 * write-back goes on from what it has in memory: its append is a fork, and so is all that it adds until it reads again.
 */
export function seenBy(file: OpenFile, cursor: Cursor): Seen {
  const marks = cursor.written?.marks ?? []
  if (marks.length === 0) return { parents: [], written: null }
  const { handle, root, stat } = file
  const length = Math.min(seenMaxBytes, stat.size - cursor.position)
  const appended = Uint8Array.from(handle.read(cursor.position, length))
  const seen = seenMarks(root.format.name, appended, marks, (index) => {
    const { from, to } = marks[index] ?? { from: 0, to: 0 }
    const start = Math.max(from, to - seenMaxBytes)
    return handle.read(start, to - start)
  })
  const unseen = marks.slice(seen)
  // Whoever goes on in a file that begins with what we wrote has read some of it: his text is no stranger to it.
  const least = marks[0]?.from === 0 ? marks[0].heads : []
  return {
    parents: marks[seen - 1]?.heads ?? least,
    written: unseen.length === 0 ? null : { unlogged: null, marks: unseen, mtimeMs: -1 },
  }
}

/** The state of a file that write-back just added to, or replaced: `replaced` where what it held is another epoch now. */
export function afterWrite(
  before: WrittenState | null,
  replaced: boolean,
  added: { readonly keep: number; readonly pieces: readonly Piece[]; readonly length: number },
  heads: readonly EventRef[],
  mtimeMs: number,
): WrittenState {
  const { keep, pieces, length } = added
  const earlier = replaced ? [] : (before?.marks ?? [])
  const unlogged = replaced ? null : (before?.unlogged ?? null)
  return {
    unlogged: unlogged
      ? { keep: unlogged.keep, pieces: concat({ pieces: unlogged.pieces, length: 0 }, pieces).pieces }
      : { keep, pieces },
    marks: bounded([...earlier, { from: keep, to: length, heads }]),
    mtimeMs,
  }
}

/** The oldest are taken together: whoever saw only part of them counts as having seen none. */
function bounded(marks: readonly WriteMark[]): readonly WriteMark[] {
  const [first, second, ...rest] = marks
  if (marks.length <= maxMarks || !first || !second) return marks
  return bounded([{ from: first.from, to: second.to, heads: second.heads }, ...rest])
}

function withPieces(
  logged: Content,
  { keep, pieces }: { readonly keep: number; readonly pieces: readonly Piece[] },
): Content {
  return concat(prefix(logged, keep), pieces)
}
