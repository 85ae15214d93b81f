import { assess, type Difference } from '../core/assess.js'
import { cursorId, type Cursor, type CursorKey, type Suspect } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import { limits } from '../core/limits.js'
import type { Content } from '../core/replay-plan.js'
import { FileError, type FileStat } from '../ports/files.js'
import { latestState } from '../replay/content.js'
import { commonPrefix } from './common-prefix.js'
import { lostAfter } from './lost-after.js'
import { nulRunAt } from './nul-run.js'
import { freshCursor, hashHex, sameIdentity, tailMatches, unchanged } from './cursor-of.js'
import { ExtentAppender, quietMs } from './extent-appender.js'
import type { OpenFile } from './open-file.js'
import { FileOrigin } from './file-origin.js'
import type { ObserverTools, Outcome } from './observer-tools.js'
import { loggedHeads, logWritten, seenBy, writtenEvent, type Seen } from './written-state.js'
import { absolutePath, kindOf, type WatchedRoot } from './watched-root.js'

/** A file held against the log. */
interface Comparison {
  /** Bytes that the file and its recorded content have in common. */
  readonly common: number
  readonly content: Content
  readonly epoch: number
  /** Whether the log says that the file is there. */
  readonly present: boolean
  /** Events of the file that may be lost: nothing that is recorded next may build on what is known of it. */
  readonly lost: number
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
  /** Roots that were offline at every look since the start: theirs is still to come. */
  readonly unseen = new Set<string>()
  /** Files of which the log was asked for the heads that they contain, by `cursorId`. */
  readonly #asked = new Set<string>()
  /** How many events of the log were lost when a file was last held against it, by `cursorId`. */
  readonly #lostThen = new Map<string, number>()

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
      if (isState(file)) return this.#observeState(file, key)
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
    return this.#withFile(root, key.path, async (file) => {
      const untouched = unchanged(cursor, file.stat)
      if (isState(file)) return this.#observeState(file, key, untouched)
      return untouched ? this.#compare(file, key, cursor, true) : this.#observeKnown(file, key, cursor)
    })
  }

  /** Records that a file is gone. The caller made sure of that, and that its root is not offline. */
  async remove(root: WatchedRoot, cursor: Cursor): Promise<Outcome> {
    const { files, cursors, writer, clock } = this.#tools
    if (cursor.state !== 'live') return 'unchanged'
    if (cursor.suspect?.reason === 'missing') return 'suspect'
    const key = { root: root.name, path: cursor.facts.path }
    // An agent that packs its files may have done so while nobody recorded: then nothing is missing.
    const recoded = root.format.recodedPath(key.path)
    const moved = recoded !== null && files.stat(absolutePath(root, recoded))?.type === 'file'
    const suspect = moved ? null : this.#suspect(root, cursor, { kind: 'missing' }, { size: 0, mtimeMs: 0 })
    if (suspect) return this.#keepOut(key, { ...cursor, suspect })
    const about = { file: cursor.facts, epoch: cursor.epoch }
    const event: NewEvent = moved
      ? { body: { kind: 'move', ...about, to: { root: root.name, path: recoded } } }
      : { body: { kind: 'remove', ...about } }
    const next: Cursor = {
      ...cursor,
      state: moved ? 'moved' : 'gone',
      suspect: null,
      written: null,
      changedMs: clock.now(),
    }
    await cursors.submit({ events: [event], cursors: [{ key, cursor: next }] }, writer)
    return 'recorded'
  }

  async #observeKnown(file: OpenFile, key: CursorKey, cursor: Cursor): Promise<Outcome> {
    const grown = file.stat.size > cursor.position && sameIdentity(cursor.identity, file.stat.identity)
    // After a crash the tail proves nothing about the rest: a block may be lost while later ones are there.
    const trusted = !(this.#assesses(file.root) && this.#tools.unclean) && this.#followsLoss(key)
    if (trusted && cursor.state === 'live' && grown && tailMatches(this.#tools.hasher, cursor, file.handle)) {
      // What stands before the tail may have been edited together with the append: that shows when it is at rest.
      return this.#grow(file, { ...cursor, checked: 0 })
    }
    return this.#compare(file, key, cursor)
  }

  /** What is known of write-backs to a file whose cursor knows none: asked of the log once a run. */
  async #unmarked({ root, path }: OpenFile): Promise<Seen> {
    const key = { root: root.name, path }
    if (this.#asked.has(cursorId(key))) return { parents: [], written: null }
    this.#asked.add(cursorId(key))
    return { parents: await loggedHeads(this.#tools, key), written: null }
  }

  /** Records what stands behind the cursor, after what write-back put before it. */
  async #grow(file: OpenFile, cursor: Cursor): Promise<Outcome> {
    if (file.stat.size <= cursor.position) return outcome(await this.#appender.append(file, cursor))
    if (!cursor.written)
      return outcome(await this.#appender.append(file, cursor, [], {}, await this.#unmarked(file)))
    const { writer } = this.#tools
    if (cursor.written.unlogged) await writer.flush()
    const written = await writtenEvent(this.#tools, cursor)
    const seen = seenBy(file, cursor)
    return outcome(await this.#appender.append(file, cursor, written ? [written] : [], {}, seen))
  }

  /**
   * Holds all that is recorded against the file: after a replace, a cut or a rewrite, or without a cursor.
   * @param untouched size and time are as they were when it was recorded
   */
  async #compare(file: OpenFile, key: CursorKey, cursor: Cursor | null, untouched = false): Promise<Outcome> {
    await logWritten(this.#tools, key)
    const comparison = await this.#comparison(file, key)
    const { common, content, epoch, present, lost } = comparison
    const { root, stat } = file
    const fresh = freshCursor(root, key.path, this.#tools.home, stat.identity)
    const current = (cursor && this.#tools.cursors.get(key)) ?? { ...fresh, epoch, position: content.length }
    const follows = present && (lost === 0 || stat.size === common)
    if (
      current.state === 'live' &&
      common === content.length &&
      content.length === current.position &&
      follows
    ) {
      return this.#grow(file, { ...current, checked: common })
    }
    const suspect = this.#suspect(root, current, differenceOf(comparison, file), stat, untouched)
    if (suspect) return this.#keepOut(key, { ...current, suspect })
    const next = Math.max(current.epoch, epoch) + 1 + lost
    const keep = lost === 0 ? common : 0
    const facts = this.#appender.facts(file, current.facts, keep)
    const event: NewEvent = { body: { kind: 'reset', file: facts, epoch: next, keep } }
    const begun: Cursor = { ...current, facts, epoch: next, position: keep, checked: keep }
    return outcome(await this.#appender.append(file, begun, [event]))
  }

  /** Small state files: the whole content, whenever it is another. `untouched` as for `#compare`. */
  async #observeState(file: OpenFile, key: CursorKey, untouched = false): Promise<Outcome> {
    const { cursors, writer, reader, hasher, clock, home } = this.#tools
    await logWritten(this.#tools, key)
    const { root, stat, handle } = file
    const bytes = handle.read(0, stat.size)
    const tail = { tailLength: bytes.length, tailHash: hashHex(hasher.xxh64(bytes)) }
    const seen = { identity: stat.identity, size: bytes.length, mtimeMs: stat.mtimeMs }
    // Two changes may share a time stamp: one that was just written is looked at once more when it is at rest.
    const checked = clock.now() - stat.mtimeMs > quietMs ? bytes.length : 0
    const known = cursors.get(key)
    if (known || reader.file(writer.log, key)) {
      const comparison = await this.#comparison(file, key)
      const { common, content, epoch } = comparison
      const fresh = freshCursor(root, key.path, home, stat.identity)
      const current = known ?? { ...fresh, epoch, position: content.length }
      const same = common === content.length && common === bytes.length && current.epoch === epoch
      if (same && current.state === 'live') {
        cursors.set(key, {
          ...current,
          ...seen,
          ...tail,
          position: bytes.length,
          checked,
          suspect: null,
        })
        return 'unchanged'
      }
      const difference = differenceOf(comparison, file)
      const suspect = this.#suspect(root, current, difference, stat, untouched)
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
      checked,
      changedMs: clock.now(),
      suspect: null,
      written: null,
    }
    const heads = known?.written?.marks.at(-1)?.heads ?? []
    const body = { kind: 'file', file: next.facts, epoch, bytes } as const
    const event: NewEvent = heads.length > 0 ? { body, parents: heads } : { body }
    await cursors.submit({ events: [event], cursors: [{ key, cursor: next }] }, writer)
    return 'recorded'
  }

  async #lastEpoch(key: CursorKey): Promise<number> {
    return (await latestState(this.#tools.reader, this.#tools.writer.log, key)).epoch
  }

  async #comparison({ handle }: OpenFile, key: CursorKey): Promise<Comparison> {
    const { reader, writer } = this.#tools
    await writer.flush()
    const { content, epoch, present, complete, last } = await latestState(reader, writer.log, key)
    this.#lostThen.set(cursorId(key), lostAfter(reader, writer.log, -1))
    const behind = lostAfter(reader, writer.log, last?.offset ?? -1)
    const lost = complete ? behind : Math.max(1, behind)
    return { common: await commonPrefix(handle, content, reader), content, epoch, present, lost }
  }

  /** Whether the file was held against the log since events of it were lost. */
  #followsLoss(key: CursorKey): boolean {
    const lost = lostAfter(this.#tools.reader, this.#tools.writer.log, -1)
    return lost === 0 || this.#lostThen.get(cursorId(key)) === lost
  }

  #suspect(
    root: WatchedRoot,
    cursor: Cursor,
    difference: Difference,
    seen: { readonly size: number; readonly mtimeMs: number },
    untouched = false,
  ): Suspect | null {
    // NULs in a file that nobody touched are blocks that a power loss took, whenever they are noticed.
    const lostBlocks = untouched && difference.kind === 'nul-run'
    if ((!this.#assesses(root) && !lostBlocks) || cursor.state !== 'live') return null
    const { clock, unclean } = this.#tools
    const nowMs = clock.now()
    const { cleanupAgeMs } = root
    const lastChangedMs = cursor.mtimeMs >= 0 ? cursor.mtimeMs : cursor.changedMs
    const reason = assess(difference, { unclean, lastChangedMs, nowMs, cleanupAgeMs })
    return reason && { reason, size: seen.size, mtimeMs: seen.mtimeMs, foundMs: nowMs }
  }

  #assesses(root: WatchedRoot): boolean {
    return this.starting || this.unseen.has(root.name)
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

function isState({ root, path, stat }: OpenFile): boolean {
  return kindOf(root, path) === 'state' && stat.size <= limits.stateFileMaxBytes
}

function outcome(recorded: boolean): Outcome {
  return recorded ? 'recorded' : 'unchanged'
}

function differenceOf({ common, content }: Comparison, { handle, stat }: OpenFile): Difference {
  if (common < content.length) {
    if (common === stat.size) return { kind: 'shortened' }
    if (nulRunAt(handle, common)) return { kind: 'nul-run' }
  }
  return { kind: 'rewritten' }
}
