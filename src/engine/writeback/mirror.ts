import { HoldfastError } from '../core/errors.js'
import type { EventRef, Piece } from '../core/event.js'
import {
  concat,
  emptyContent,
  pieceLength,
  prefix,
  sharedLength,
  suffix,
  type Content,
} from '../core/replay-plan.js'
import { mergeFormatOf } from '../formats/rules-merge.js'
import type { HistoryRow, LoggedFile } from '../ports/log.js'
import { epochContent } from '../replay/content.js'
import type { StreamEntry } from '../streams/stream-index.js'
import { readOrNull } from '../streams/stream-events.js'
import { lastLineEnd } from './target.js'
import type { WriteTools } from './write-tools.js'

/** What the rows of one file come to, as far as they were read. */
interface Sketch {
  next: number
  /** How many events the file's log had when its rows were read: nothing is new while it has no more. */
  events: number
  /** False where something was cut, replaced or removed. */
  linear: boolean
  appended: boolean
  written: boolean
  /** Where a new log of the host went on with the file that an earlier one holds: that file's number. */
  base: number | null
  /** Of what was appended, and of what it goes on from. */
  length: number
  /** What was appended behind the part that is mirrored. */
  behind: Piece[]
  last: { readonly log: string; readonly offset: number } | null
}

/** A file that holds what another host's file holds, as a target for it. */
export interface MirrorTarget {
  /** The mirrored file's bytes up to its last newline, from byte `from` on; before it stands what was written earlier. */
  readonly from: number
  readonly added: Content
  readonly heads: readonly EventRef[]
}

/** Streams of which one file alone has an author and only ever grew: how far each of them is written here. */
const mirrorsMax = 4096

/**
 * The plain case, in which nothing is merged: one host's agent wrote the session from its beginning and only added to it,
 * and every other file of the stream is what write-back made. The view is then its writer's bytes (one head, nothing
 * dropped), and what is to be added here is what it added. Costs what is new, whatever the session's size.
 */
export class Mirrors {
  readonly #tools: Pick<WriteTools, 'reader' | 'hasher' | 'host'>
  readonly #streams = new Map<
    string,
    { readonly sketches: Map<number, Sketch>; author: number; done: number }
  >()

  constructor(tools: Pick<WriteTools, 'reader' | 'hasher' | 'host'>) {
    this.#tools = tools
  }

  /** Whether nothing of a stream is to be merged. */
  async isPlain(entry: StreamEntry): Promise<boolean> {
    return (await this.#authorOf(entry)) !== null
  }

  /**
   * What stands in the mirrored file behind what this host's file holds of it; own where this host is the author; null
   * where it is no plain case.
   * @param own what this host's file holds, asked for only when it is not known how much of the other file that is
   */
  async target(entry: StreamEntry, own: () => Promise<Content>): Promise<MirrorTarget | 'own' | null> {
    const { key } = entry.stream
    const author = await this.#authorOf(entry)
    const state = this.#streams.get(key)
    const sketch = author && state?.sketches.get(author.no)
    if (!author || !state || !sketch?.last) return null
    const isOwn = entry.files.some(({ file, host }) => file === author && host === this.#tools.host)
    if (isOwn) {
      // Nothing is ever added to it here: it would grow with every append for as long as this runs.
      sketch.behind = []
      return 'own'
    }
    if (state.author !== author.no) {
      const done = this.#sharedWith(await own(), sketch)
      if (done < 0) return null
      state.author = author.no
      state.done = done
      sketch.behind = [...suffix({ pieces: sketch.behind, length: sketch.length }, state.done).pieces]
    }
    const behind = concat(emptyContent, sketch.behind)
    const added = prefix(behind, await lastLineEnd(this.#tools.reader, behind))
    const last = await readOrNull(this.#tools.reader, sketch.last)
    if (!last) return null
    const digest = Buffer.from(this.#tools.hasher.sha256(last.encoded)).toString('hex').slice(0, 16)
    return { from: state.done, added, heads: [{ ...sketch.last, digest }] }
  }

  /** Says that what `target` gave stands in the file now. */
  written(key: string, length: number): void {
    const state = this.#streams.get(key)
    const sketch = state?.sketches.get(state.author)
    if (!state || !sketch) return
    const size = sketch.behind.reduce((sum, piece) => sum + pieceLength(piece), 0)
    sketch.behind = [...suffix({ pieces: sketch.behind, length: size }, length - state.done).pieces]
    state.done = length
  }

  /** Forgets what is known of a stream: its file here is not what was thought. */
  forget(key: string): void {
    this.#streams.delete(key)
  }

  /** The one file of which the others are copies; null where there is none. */
  async #authorOf(entry: StreamEntry): Promise<LoggedFile | null> {
    const { key } = entry.stream
    if (entry.resolutions.length > 0 || !hasRecords(entry)) return null
    const { sketches } = this.#stateOf(key)
    for (const { file } of entry.files) await this.#read(sketches, entry, file)
    const all = [...sketches.values()]
    if (all.some(({ linear }) => !linear)) {
      for (const sketch of all) sketch.behind = []
      return null
    }
    const isAuthor = (sketch: Sketch | undefined): boolean =>
      sketch !== undefined &&
      (sketch.appended || (sketch.base !== null && isAuthor(sketches.get(sketch.base))))
    const authors = entry.files.filter(({ file }) => isAuthor(sketches.get(file.no)))
    // A file that a newer log goes on with, from its very end, says nothing of its own any more.
    const last = authors.filter(({ file }) => !all.some(({ base }) => base === file.no))
    const [author] = last
    if (!author || last.length > 1 || authors.some(({ file }) => sketches.get(file.no)?.written)) return null
    return author.file
  }

  #stateOf(key: string) {
    const state = this.#streams.get(key) ?? { sketches: new Map<number, Sketch>(), author: -1, done: 0 }
    this.#streams.delete(key)
    this.#streams.set(key, state)
    const [oldest] = this.#streams.keys()
    if (this.#streams.size > mirrorsMax && oldest !== undefined) this.#streams.delete(oldest)
    return state
  }

  async #read(sketches: Map<number, Sketch>, entry: StreamEntry, file: LoggedFile): Promise<void> {
    const sketch = sketches.get(file.no) ?? freshSketch()
    sketches.set(file.no, sketch)
    const log = this.#tools.reader.log(file.log)
    if (!log || log.events === sketch.events) return
    sketch.events = log.events
    // Rows may come in where a hole is filled: the view takes care of those.
    if (log.lost.length > 0) sketch.linear = false
    for await (const row of this.#tools.reader.history(file, undefined, sketch.next)) {
      sketch.next = row.offset + 1
      if (row.kind === 'append' && row.epoch === 0 && row.position === sketch.length && !sketch.written) {
        sketch.appended = true
        sketch.length += row.length
        if (row.length > 0)
          sketch.behind.push({ log: row.log, offset: row.offset, from: 0, length: row.length })
        sketch.last = { log: row.log, offset: row.offset }
      } else if (row.kind === 'written') sketch.written = true
      else if (row.kind !== 'base' || !(await this.#goesOn(sketches, entry, sketch, row)))
        sketch.linear = false
    }
  }

  /** Takes in a `base` on the whole of a file of this stream that an earlier log of the same host holds. */
  async #goesOn(
    sketches: Map<number, Sketch>,
    entry: StreamEntry,
    sketch: Sketch,
    row: HistoryRow,
  ): Promise<boolean> {
    if (sketch.length > 0 || sketch.written || row.epoch !== 0) return false
    const body = (await readOrNull(this.#tools.reader, row))?.event.body
    if (body?.kind !== 'base') return false
    const { source, length } = body
    const host = entry.files.find(({ file }) => file.log === row.log)?.host
    const from = entry.files.find(
      (each) =>
        each.host === host &&
        each.file.log === source.log &&
        each.file.facts.root === source.root &&
        each.file.facts.path === source.path,
    )
    if (!from) return false
    await this.#read(sketches, entry, from.file)
    const before = sketches.get(from.file.no)
    // What only mirrors was never added up; what was appended must have been gone on with to its end.
    if (before?.appended && before.length !== length) return false
    try {
      const content = await epochContent(this.#tools.reader, source, length)
      sketch.behind = [...content.pieces]
    } catch (error) {
      if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return false
      throw error
    }
    sketch.base = from.file.no
    sketch.length = length
    sketch.last = { log: row.log, offset: row.offset }
    return true
  }

  /** How many bytes of the author's file this host's file begins with; -1 where it holds anything else. */
  #sharedWith(own: Content, author: Sketch): number {
    const found = concat(emptyContent, own.pieces)
    const shared = sharedLength(found, concat(emptyContent, author.behind))
    return shared === own.length ? shared : -1
  }
}

function freshSketch(): Sketch {
  return {
    next: 0,
    events: -1,
    linear: true,
    appended: false,
    written: false,
    base: null,
    length: 0,
    behind: [],
    last: null,
  }
}

/** A file that is one value is replaced as a whole: that is the view's to say. */
function hasRecords({ files }: StreamEntry): boolean {
  const facts = files[0]?.file.facts
  return facts !== undefined && mergeFormatOf(facts.format, facts.path).shape !== 'whole'
}
