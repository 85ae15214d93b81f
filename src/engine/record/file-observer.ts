import { assess, beginsWithNulRun, nulRunMinBytes, type Difference } from '../core/assess.js'
import type { Cursor, CursorKey, Suspect } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import { limits } from '../core/limits.js'
import type { Content } from '../core/replay-plan.js'
import { FileError, type FileStat } from '../ports/files.js'
import { latestState } from '../replay/content.js'
import { commonPrefix } from './common-prefix.js'
import { freshCursor, hashHex, sameIdentity, tailMatches, unchanged } from './cursor-of.js'
import { ExtentAppender, type OpenFile } from './extent-appender.js'
import { FileOrigin } from './file-origin.js'
import type { ObserverTools, Outcome } from './observer-tools.js'
import { absolutePath, kindOf, type WatchedRoot } from './watched-root.js'

/** A file held against the log. */
interface Comparison {
  /** Bytes that the file and its recorded content have in common. */
  readonly common: number
  readonly content: Content
  readonly epoch: number
}

/**
 * Records one file: holds it against its cursor, reads what is new and commits events and cursor together. Cursors move
 * in memory as soon as a commit is handed over; nobody hears of its events before they are durable.
 */
export class FileObserver {
  readonly #tools: ObserverTools
  readonly #appender: ExtentAppender
  readonly #origin: FileOrigin
  /** Until the first look at everything is over, differences are assessed before they may become history. */
  starting = true

  constructor(tools: ObserverTools) {
    this.#tools = tools
    this.#appender = new ExtentAppender(tools)
    this.#origin = new FileOrigin(tools)
  }

  /** @param stat what a walk just saw: an unchanged file is passed over without being opened */
  async observe(root: WatchedRoot, path: string, stat?: FileStat): Promise<Outcome> {
    const kind = kindOf(root, path)
    if (kind === null) return 'skipped'
    const key = { root: root.name, path }
    const cursor = this.#tools.cursors.get(key)
    if (stat && cursor && unchanged(cursor, stat)) return cursor.suspect ? 'suspect' : 'unchanged'
    return this.#withFile(root, path, async (file) => {
      if (cursor && unchanged(cursor, file.stat)) return cursor.suspect ? 'suspect' : 'unchanged'
      if (kind === 'state' && file.stat.size <= limits.stateFileMaxBytes) return this.#observeState(file, key)
      if (cursor) return this.#observeKnown(file, key, cursor)
      if (this.#tools.reader.file(this.#tools.writer.log, key)) return this.#compare(file, key, null)
      const origin = await this.#origin.find(file)
      return outcome(
        await this.#appender.append(file, origin.cursor, origin.events, { cursors: origin.alongside }),
      )
    })
  }

  /**
   * Compares a file that came to rest with the log, once: an edit in place before the cursor shows only here.
   * Costs a read of both.
   */
  async settle(root: WatchedRoot, cursor: Cursor): Promise<Outcome> {
    const key = { root: root.name, path: cursor.facts.path }
    return this.#withFile(root, key.path, async (file) =>
      unchanged(cursor, file.stat) ? this.#compare(file, key, cursor) : this.#observeKnown(file, key, cursor),
    )
  }

  /** Records that a file is gone. The caller made sure of that, and that its root is not offline. */
  async remove(root: WatchedRoot, cursor: Cursor): Promise<Outcome> {
    const { files, cursors, writer, clock } = this.#tools
    if (cursor.state !== 'live') return 'unchanged'
    if (cursor.suspect?.reason === 'missing') return 'suspect'
    const key = { root: root.name, path: cursor.facts.path }
    const suspect = this.#suspect(root, cursor, { kind: 'missing' }, { size: 0, mtimeMs: 0 })
    if (suspect) return this.#keepOut(key, { ...cursor, suspect })
    const recoded = root.format.recodedPath(key.path)
    const moved = recoded !== null && files.stat(absolutePath(root, recoded))?.type === 'file'
    const about = { file: cursor.facts, epoch: cursor.epoch }
    const event: NewEvent = moved
      ? { body: { kind: 'move', ...about, to: { root: root.name, path: recoded } } }
      : { body: { kind: 'remove', ...about } }
    const next: Cursor = { ...cursor, state: moved ? 'moved' : 'gone', suspect: null, changedMs: clock.now() }
    await cursors.submit({ events: [event], cursors: [{ key, cursor: next }] }, writer)
    return 'recorded'
  }

  async #observeKnown(file: OpenFile, key: CursorKey, cursor: Cursor): Promise<Outcome> {
    const grown = file.stat.size > cursor.position && sameIdentity(cursor.identity, file.stat.identity)
    if (cursor.state === 'live' && grown && tailMatches(this.#tools.hasher, cursor, file.handle)) {
      return outcome(await this.#appender.append(file, cursor))
    }
    return this.#compare(file, key, cursor)
  }

  /** Holds all that is recorded against the file: after a replace, a cut or a rewrite, or without a cursor. */
  async #compare(file: OpenFile, key: CursorKey, cursor: Cursor | null): Promise<Outcome> {
    const comparison = await this.#comparison(file, key)
    const { common, content, epoch } = comparison
    const { root, stat } = file
    const fresh = freshCursor(root, key.path, this.#tools.home, stat.identity)
    const current = cursor ?? { ...fresh, epoch, position: content.length }
    if (current.state === 'live' && common === content.length && content.length === current.position) {
      return outcome(await this.#appender.append(file, { ...current, checked: common }))
    }
    const suspect = this.#suspect(root, current, differenceOf(comparison, file), stat)
    if (suspect) return this.#keepOut(key, { ...current, suspect })
    const next = Math.max(current.epoch, epoch) + 1
    const facts = this.#appender.facts(file, current.facts, common)
    const event: NewEvent = { body: { kind: 'reset', file: facts, epoch: next, keep: common } }
    const begun: Cursor = { ...current, facts, epoch: next, position: common, checked: common }
    return outcome(await this.#appender.append(file, begun, [event]))
  }

  /** Small state files: the whole content, whenever it is another. */
  async #observeState(file: OpenFile, key: CursorKey): Promise<Outcome> {
    const { cursors, writer, reader, hasher, clock, home } = this.#tools
    const { root, stat, handle } = file
    const bytes = handle.read(0, stat.size)
    const tail = { tailLength: bytes.length, tailHash: hashHex(hasher.xxh64(bytes)) }
    const seen = { identity: stat.identity, size: bytes.length, mtimeMs: stat.mtimeMs }
    const known = cursors.get(key)
    if (known || reader.file(writer.log, key)) {
      const { common, content, epoch } = await this.#comparison(file, key)
      const fresh = freshCursor(root, key.path, home, stat.identity)
      const current = known ?? { ...fresh, epoch, position: content.length }
      const same = common === content.length && common === bytes.length && current.epoch === epoch
      if (same && current.state === 'live') {
        cursors.set(key, {
          ...current,
          ...seen,
          ...tail,
          position: bytes.length,
          checked: bytes.length,
          suspect: null,
        })
        return 'unchanged'
      }
      const suspect = this.#suspect(root, current, differenceOf({ common, content, epoch }, file), stat)
      if (suspect) return this.#keepOut(key, { ...current, suspect })
    }
    const fresh = freshCursor(root, key.path, home, stat.identity)
    const epoch = known ? known.epoch + 1 : (await this.#lastEpoch(key)) + 1
    const next: Cursor = {
      ...(known ?? fresh),
      ...seen,
      ...tail,
      epoch,
      state: 'live',
      position: bytes.length,
      checked: bytes.length,
      changedMs: clock.now(),
      suspect: null,
    }
    const event: NewEvent = { body: { kind: 'file', file: next.facts, epoch, bytes } }
    await cursors.submit({ events: [event], cursors: [{ key, cursor: next }] }, writer)
    return 'recorded'
  }

  async #lastEpoch(key: CursorKey): Promise<number> {
    return (await latestState(this.#tools.reader, this.#tools.writer.log, key)).epoch
  }

  async #comparison({ handle }: OpenFile, key: CursorKey): Promise<Comparison> {
    const { reader, writer } = this.#tools
    await writer.flush()
    const { content, epoch } = await latestState(reader, writer.log, key)
    return { common: await commonPrefix(handle, content, reader), content, epoch }
  }

  #suspect(
    root: WatchedRoot,
    cursor: Cursor,
    difference: Difference,
    seen: { readonly size: number; readonly mtimeMs: number },
  ): Suspect | null {
    if (!this.starting || cursor.state !== 'live') return null
    const { clock, unclean } = this.#tools
    const nowMs = clock.now()
    const { cleanupAgeMs } = root
    const lastChangedMs = cursor.mtimeMs >= 0 ? cursor.mtimeMs : cursor.changedMs
    const reason = assess(difference, { unclean, lastChangedMs, nowMs, cleanupAgeMs })
    return reason && { reason, size: seen.size, mtimeMs: seen.mtimeMs, foundMs: nowMs }
  }

  async #keepOut(key: CursorKey, cursor: Cursor): Promise<Outcome> {
    await this.#tools.cursors.submit({ events: [], cursors: [{ key, cursor }] }, this.#tools.writer)
    return 'suspect'
  }

  async #withFile(
    root: WatchedRoot,
    path: string,
    use: (file: OpenFile) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { files, problems } = this.#tools
    const absolute = absolutePath(root, path)
    try {
      const handle = files.open(absolute)
      if (!handle) return files.stat(absolute) === undefined ? 'missing' : 'skipped'
      try {
        const result = await use({ root, path, handle, stat: handle.stat() })
        problems.clear({ root: root.name, path })
        return result
      } finally {
        handle.close()
      }
    } catch (error) {
      // No permission, or a disk or share that can't read just now: reported, and tried again at the next sweep.
      if (!(error instanceof FileError)) throw error
      problems.set({ code: 'unreadable', root: root.name, path, message: error.message })
      return 'skipped'
    }
  }
}

function outcome(recorded: boolean): Outcome {
  return recorded ? 'recorded' : 'unchanged'
}

function differenceOf({ common, content }: Comparison, { handle, stat }: OpenFile): Difference {
  if (common < content.length) {
    if (common === stat.size) return { kind: 'shortened' }
    if (beginsWithNulRun(handle.read(common, nulRunMinBytes))) return { kind: 'nul-run' }
  }
  return { kind: 'rewritten' }
}
