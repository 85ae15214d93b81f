import type { CursorKey } from '../core/cursor.js'
import { HoldfastError } from '../core/errors.js'
import type { EpochRef, HybridTime, LogId, Piece } from '../core/event.js'
import { compareTime } from '../core/clock.js'
import { ContentFold, emptyContent, prefix, type Content } from '../core/replay-plan.js'
import type { HistoryRow, LoggedFile, LogReader } from '../ports/log.js'

/** Up to which events a replay goes. Both may be given; the earlier one counts. */
export interface Until {
  /** Events of the file's log with a lower offset. */
  readonly events?: number
  /** Events at this time or before. */
  readonly time?: HybridTime
}

/** A file as of some moment. */
export interface FileState {
  readonly epoch: number
  /** False where the file was removed or moved, or had not begun. */
  readonly present: boolean
  readonly content: Content
  /** False where events that it is made of are missing: `content` is then the longest part that is sure. */
  readonly complete: boolean
  /** The last event that counted, or null before the first. */
  readonly last: HistoryRow | null
}

// A base may refer to a base: each rename of a file and each opened log adds one. No honest chain is longer.
const baseMaxDepth = 1024

/**
 * The file as of `until` (default: now), or of its epoch `epoch` where one is named.
 * @throws HoldfastError WHEN_INVALID where it had no such epoch then
 */
export async function fileState(
  reader: LogReader,
  file: LoggedFile,
  until: Until = {},
  epoch?: number,
): Promise<FileState> {
  const state = await foldFile(reader, file, until, epoch, 0)
  if (epoch !== undefined && state.epoch !== epoch) {
    throw new HoldfastError('WHEN_INVALID', `${file.facts.path} has no epoch ${epoch} then`, {
      next: 'See `holdfast versions SESSION` for its epochs.',
    })
  }
  return state
}

/** Every epoch of a file, each as it last was, in order. */
export async function fileEpochs(reader: LogReader, file: LoggedFile): Promise<FileState[]> {
  const epochs: FileState[] = []
  const fold = new ContentFold()
  let complete = true
  let last: HistoryRow | null = null
  for await (const row of reader.history(file)) {
    if (!complete && !fold.resumesWith(row)) continue
    if (last && row.epoch !== fold.epoch) epochs.push(snapshot(fold, complete, last))
    complete = await applyRow(reader, fold, row, 0)
    last = row
  }
  if (last) epochs.push(snapshot(fold, complete, last))
  return epochs
}

async function foldFile(
  reader: LogReader,
  file: LoggedFile,
  until: Until,
  epoch: number | undefined,
  depth: number,
): Promise<FileState> {
  const fold = new ContentFold()
  let complete = true
  let last: HistoryRow | null = null
  for await (const row of reader.history(file, until.events)) {
    if (until.time && compareTime(row.time, until.time) > 0) break
    if (epoch !== undefined && row.epoch > epoch) break
    // A step that does not follow ends what is sure; a later epoch that keeps nothing of it is sure again.
    if (!complete && !fold.resumesWith(row)) {
      // Gone is gone, whatever it held.
      if (row.kind === 'remove' || row.kind === 'move') fold.apply(row)
      continue
    }
    complete = await applyRow(reader, fold, row, depth)
    last = row
  }
  return snapshot(fold, complete, last)
}

function snapshot(fold: ContentFold, complete: boolean, last: HistoryRow | null): FileState {
  return { epoch: fold.epoch, present: fold.present, content: fold.content, complete, last }
}

async function applyRow(
  reader: LogReader,
  fold: ContentFold,
  row: HistoryRow,
  depth: number,
): Promise<boolean> {
  if (row.kind !== 'written' && row.kind !== 'base') return fold.apply(row)
  try {
    return fold.apply(row, await piecesOf(reader, row, depth))
  } catch (error) {
    // What it refers to is damaged: the content up to here is what is sure.
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return false
    throw error
  }
}

async function piecesOf(reader: LogReader, row: HistoryRow, depth: number): Promise<readonly Piece[]> {
  const { body } = (await reader.read(row)).event
  if (body.kind === 'written') return body.pieces
  if (body.kind !== 'base') throw new HoldfastError('STORE_DAMAGED', 'a history row and its event disagree')
  return (await epochContent(reader, body.source, body.length, depth + 1)).pieces
}

/** The first `length` bytes of an epoch of some log. Throws STORE_DAMAGED where they are not all there. */
export async function epochContent(
  reader: LogReader,
  source: EpochRef,
  length: number,
  depth = 0,
): Promise<Content> {
  const file = reader.file(source.log, source)
  if (!file || depth > baseMaxDepth) {
    throw new HoldfastError('STORE_DAMAGED', `${source.path}: what it continues is not here`)
  }
  const { content, epoch } = await foldFile(reader, file, {}, source.epoch, depth)
  if (epoch !== source.epoch || content.length < length) {
    throw new HoldfastError('STORE_DAMAGED', `${source.path}: what it continues is shorter than it was`)
  }
  return prefix(content, length)
}

/** The bytes of a content, piece by piece. Throws STORE_DAMAGED at the first that can't be read. */
export async function* contentBytes(reader: LogReader, content: Content): AsyncGenerator<Uint8Array> {
  for (const piece of content.pieces) {
    yield 'newlines' in piece ? new Uint8Array(piece.newlines).fill(0x0a) : await reader.bytes(piece)
  }
}

/** The latest state of the file of this log under this key, or an empty one. */
export async function latestState(reader: LogReader, log: LogId, key: CursorKey): Promise<FileState> {
  const file = reader.file(log, key)
  return file
    ? fileState(reader, file)
    : { epoch: -1, present: false, content: emptyContent, complete: true, last: null }
}
