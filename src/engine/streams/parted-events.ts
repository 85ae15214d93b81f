import type { AppendBody, BaseBody, EventRef, LogId, Piece, WrittenBody } from '../core/event.js'
import type { StreamEvent } from '../core/merge/types.js'
import { pieceLength } from '../core/replay-plan.js'
import { fileState } from '../replay/content.js'
import { contentDigest } from '../replay/file-digest.js'
import type { LoggedFile } from '../ports/log.js'
import { baseHolds, digestHere, orFalse } from './parted-logs.js'
import { streamEvent, type ReadTools } from './stream-events.js'
import { cutGaps, joinGaps, withoutGaps, type Gap } from './gaps.js'
import type { StreamEntry, StreamFile } from './stream-index.js'

/** How far a file was followed. */
interface Followed {
  /** What its text lacks here, by epoch. */
  readonly gaps: Map<number, readonly Gap[]>
  epoch: number
  /** Bytes of the epoch, as its writer has it. */
  length: number
  /** Whether its last line is unterminated. */
  open: boolean
}

/**
 * The events of a stream without what they say of continuations that are not here. An honest host's records must show
 * wherever its events are, also those that it wrote on top of a continuation that only other hosts hold: references to
 * that are left out, and so are bytes that can't be had (its own writer records them whole in a new log). The bytes of
 * an event are named by log and offset alone, so whether they are the right ones is told by the digest of the file.
 *
 * Events of the log that is written here stay as they are: this host's file is what the log says, or it is left alone.
 */
export class PartedEvents {
  readonly #tools: ReadTools
  readonly #entry: StreamEntry
  readonly #parted: ReadonlySet<LogId>
  readonly #followed = new Map<number, Followed>()
  readonly #events = new Map<number, StreamEvent[]>()
  readonly #digests = new Map<string, string | null>()

  constructor(tools: ReadTools, entry: StreamEntry, parted: ReadonlySet<LogId>) {
    this.#tools = tools
    this.#entry = entry
    this.#parted = parted
  }

  /** All events of one file of the stream, by offset. */
  async of({ file, host }: StreamFile): Promise<readonly StreamEvent[]> {
    const known = this.#events.get(file.no)
    if (known) return known
    const events: StreamEvent[] = []
    this.#events.set(file.no, events)
    const followed: Followed = { gaps: new Map(), epoch: -1, length: 0, open: false }
    this.#followed.set(file.no, followed)
    const { reader } = this.#tools
    const isOwn = reader.log(file.log)?.writing === true
    for await (const { log, offset } of reader.history(file)) {
      const event = await streamEvent(this.#tools, this.#entry, { log, offset }, host)
      if (event) events.push(isOwn ? event : await this.#without(file, followed, event))
    }
    return events
  }

  async #without(file: LoggedFile, at: Followed, source: StreamEvent): Promise<StreamEvent> {
    const { event } = source
    const { body } = event
    const parents = await this.#known(event.parents)
    const made = (changed: typeof body): StreamEvent => ({
      ...source,
      event: { ...event, parents, body: changed },
    })
    switch (body.kind) {
      case 'append':
        return made(append(at, body))
      case 'file':
        begin(at, body.epoch, [], body.bytes.length)
        return made(body)
      case 'reset': {
        const before = at.gaps.get(at.epoch) ?? []
        begin(at, body.epoch, cutGaps(before, body.keep), body.keep)
        return made({ ...body, keep: withoutGaps(before, body.keep) })
      }
      case 'written':
        return made(await this.#written(file, at, body, event.offset))
      case 'base':
        return made(source.source ? startOf(at, body) : await this.#base(file, at, body))
      default:
        return made(body)
    }
  }

  async #written(file: LoggedFile, at: Followed, body: WrittenBody, offset: number): Promise<WrittenBody> {
    const before = at.gaps.get(at.epoch) ?? []
    const kept = cutGaps(before, body.keep)
    const isForeign = (piece: Piece): boolean =>
      'log' in piece && piece.log !== file.log && this.#parted.has(piece.log)
    const unsure = body.pieces.some(isForeign) && !(await this.#isRight(file, body, offset))
    const pieces: Piece[] = []
    const gaps: Gap[] = []
    let position = body.keep
    let open = at.open && body.keep === at.length
    for (const piece of body.pieces) {
      const length = pieceLength(piece)
      if (unsure && isForeign(piece)) {
        // What stood before the gap must not be joined with what stands behind it.
        const closing = open ? 1 : 0
        if (closing > 0) pieces.push({ newlines: 1 })
        gaps.push({ from: position + closing, length: length - closing })
        open = false
      } else {
        pieces.push(piece)
        open = await this.#isOpen(piece)
      }
      position += length
    }
    begin(at, body.epoch, joinGaps(kept, gaps), body.length)
    const all = at.gaps.get(at.epoch) ?? []
    const heads = await this.#known(body.heads)
    return {
      ...body,
      keep: withoutGaps(before, body.keep),
      pieces,
      heads,
      length: withoutGaps(all, body.length),
    }
  }

  /** A base within the stream. One on a continuation that is not here has nothing to begin with. */
  async #base(file: LoggedFile, at: Followed, body: BaseBody): Promise<BaseBody | WrittenBody> {
    const { source, length } = body
    const from = this.#entry.files.find(
      (each) =>
        each.file.log === source.log &&
        each.file.facts.root === source.root &&
        each.file.facts.path === source.path,
    )
    if (
      source.log !== file.log &&
      this.#parted.has(source.log) &&
      (await baseHolds(this.#tools, file.log, body)) !== 'yes'
    ) {
      begin(at, body.epoch, [{ from: 0, length }], length)
      const { epoch, file: facts, digest } = body
      return { kind: 'written', file: facts, epoch, keep: 0, pieces: [], heads: [], length: 0, digest }
    }
    if (from) await this.of(from)
    const gaps = (from && this.#followed.get(from.file.no)?.gaps.get(source.epoch)) ?? []
    begin(at, body.epoch, cutGaps(gaps, length), length)
    return { ...body, length: withoutGaps(gaps, length) }
  }

  /** Whether a file, read as its events say, has the digest that its writer noted. */
  async #isRight(file: LoggedFile, body: WrittenBody, offset: number): Promise<boolean> {
    const { reader, hasher } = this.#tools
    return orFalse(async () => {
      const { content, complete } = await fileState(reader, file, { events: offset + 1 })
      if (!complete || content.length !== body.length) return false
      return (await contentDigest(hasher, reader, content)) === body.digest
    })
  }

  async #isOpen(piece: Piece): Promise<boolean> {
    if ('newlines' in piece) return false
    const last = { ...piece, from: piece.from + piece.length - 1, length: 1 }
    return orFalse(async () => (await this.#tools.reader.bytes(last))[0] !== 0x0a)
  }

  /** Those of references that name what is, or may come, here. */
  async #known(refs: readonly EventRef[]): Promise<EventRef[]> {
    const known: EventRef[] = []
    for (const ref of refs) {
      if (this.#parted.has(ref.log) && (await this.#digest(ref)) !== ref.digest) continue
      known.push(ref)
    }
    return known
  }

  async #digest(ref: EventRef): Promise<string | null> {
    const id = `${ref.log}:${ref.offset}`
    const known = this.#digests.get(id)
    if (known !== undefined) return known
    const digest = await digestHere(this.#tools, ref)
    this.#digests.set(id, digest)
    return digest
  }
}

function append(at: Followed, body: AppendBody): AppendBody {
  const gaps = body.epoch === at.epoch ? (at.gaps.get(at.epoch) ?? []) : []
  begin(at, body.epoch, gaps, body.position + body.bytes.length)
  at.open = body.bytes.length > 0 && body.bytes.at(-1) !== 0x0a
  return { ...body, position: withoutGaps(gaps, body.position) }
}

function startOf(at: Followed, body: BaseBody): BaseBody {
  begin(at, body.epoch, [], body.length)
  return body
}

function begin(at: Followed, epoch: number, gaps: readonly Gap[], length: number): void {
  at.epoch = epoch
  at.length = length
  at.open = false
  at.gaps.set(epoch, gaps)
}
