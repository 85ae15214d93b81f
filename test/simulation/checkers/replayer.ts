import { createHash } from 'node:crypto'

import type { Event, EventPiece, FileEventBody, LogId, Piece } from '../../../src/engine/core/event.js'
import { InvariantBroken } from '../failure.js'

/** A file as its events tell it. */
export interface ReplayedFile {
  readonly log: LogId
  readonly root: string
  readonly path: string
  epoch: number
  present: boolean
  /** Offset of the last event about it. */
  last: number
  /** False from a missing event on, until an event comes that keeps nothing of what is missing. */
  sure: boolean
  /** Every epoch's bytes as they last were. */
  readonly epochs: Map<number, Buffer>
}

/**
 * Rebuilds files from events by the words of the design alone, with no code of the engine: whole contents in memory,
 * bytes copied step by step. Feed it the events of each log in offset order.
 */
export class Replayer {
  readonly #lenient: boolean

  /**
   * @param lenient a step that does not come to the digest that its event says makes its file unsure instead of failing:
   * of other hosts' logs that refer to one that parted, where this store holds the other continuation
   */
  constructor(lenient = false) {
    this.#lenient = lenient
  }

  readonly #files = new Map<string, ReplayedFile>()
  readonly #payloads = new Map<string, Uint8Array>()

  files(): Iterable<ReplayedFile> {
    return this.#files.values()
  }

  file(log: LogId, root: string, path: string): ReplayedFile | undefined {
    return this.#files.get(id(log, root, path))
  }

  /** The bytes of a file now; undefined where it is not there. */
  content(log: LogId, root: string, path: string): Buffer | undefined {
    const file = this.file(log, root, path)
    return file?.present ? file.epochs.get(file.epoch) : undefined
  }

  /** Whole logs, of one host or many: a log comes after those that it continues, and after the bytes it refers to. */
  addLogs(logs: readonly (readonly Event[])[]): void {
    for (const events of logs) for (const event of events) this.know(event)
    const byId = new Map(logs.map((events) => [events[0]?.log, events]))
    const done = new Set<readonly Event[]>()
    const addLog = (events: readonly Event[]): void => {
      if (done.has(events)) return
      done.add(events)
      for (const { body } of events.slice(0, 1)) {
        if (body.kind !== 'open') continue
        for (const { log } of body.continues) addLog(byId.get(log) ?? [])
      }
      for (const event of events) this.add(event)
    }
    for (const events of logs) addLog(events)
  }

  /** Bytes that others may refer to, of an event whose file is of no interest. */
  know({ body, log, offset }: Event): void {
    if (body.kind === 'append' || body.kind === 'file') this.#payloads.set(`${log}@${offset}`, body.bytes)
  }

  add(event: Event): void {
    const { body, log, offset } = event
    if (!('epoch' in body)) return
    this.know(event)
    const { root, path } = body.file
    const known = this.file(log, root, path)
    const file = known ?? {
      log,
      root,
      path,
      epoch: -1,
      present: false,
      last: -1,
      sure: true,
      epochs: new Map(),
    }
    if (!known) this.#files.set(id(log, root, path), file)
    this.#apply(file, body)
    file.last = offset
  }

  #apply(file: ReplayedFile, body: FileEventBody): void {
    if (body.kind === 'remove' || body.kind === 'move') {
      file.present = false
      return
    }
    const before = file.epochs.get(file.epoch) ?? Buffer.alloc(0)
    const next = this.#next(file, body, before)
    if (next === null) {
      file.sure = false
      return
    }
    file.sure = true
    file.present = true
    file.epoch = body.epoch
    file.epochs.set(body.epoch, next)
  }

  /** The content after a step, or null where the step does not follow from what is known. */
  #next(file: ReplayedFile, body: FileEventBody, before: Buffer): Buffer | null {
    switch (body.kind) {
      case 'append': {
        const base = body.epoch === file.epoch ? before : Buffer.alloc(0)
        return body.position === base.length ? Buffer.concat([base, body.bytes]) : null
      }
      case 'file':
        return Buffer.from(body.bytes)
      case 'reset':
        return this.#kept(file, body.epoch, body.keep, before)
      case 'written': {
        // In the same epoch it was added to what stood there.
        const isAdded = body.epoch === file.epoch && body.keep <= before.length
        const kept = isAdded ? before.subarray(0, body.keep) : this.#kept(file, body.epoch, body.keep, before)
        const added = kept && this.#pieces(body.pieces)
        if (!kept || !added) return null
        return this.#verified(Buffer.concat([kept, added]), body, `written ${file.path}`)
      }
      case 'base': {
        const { log, root, path, epoch } = body.source
        const source = this.file(log, root, path)?.epochs.get(epoch)
        if (!source || source.length < body.length) return null
        return this.#verified(source.subarray(0, body.length), body, `base ${file.path}`)
      }
      default:
        return null
    }
  }

  #verified(
    bytes: Buffer,
    said: { readonly length: number; readonly digest: string },
    what: string,
  ): Buffer | null {
    if (isAsSaid(bytes, said.length, said.digest)) return bytes
    if (this.#lenient) return null
    throw new InvariantBroken('faithful', `${what} does not have the length and digest that its event says`)
  }

  #kept(file: ReplayedFile, epoch: number, keep: number, before: Buffer): Buffer | null {
    if (keep === 0) return Buffer.alloc(0)
    return epoch === file.epoch + 1 && keep <= before.length ? before.subarray(0, keep) : null
  }

  #pieces(pieces: readonly Piece[]): Buffer | null {
    const parts: Uint8Array[] = []
    for (const piece of pieces) {
      const bytes = 'newlines' in piece ? Buffer.alloc(piece.newlines, '\n') : this.#piece(piece)
      if (!bytes) return null
      parts.push(bytes)
    }
    return Buffer.concat(parts)
  }

  #piece({ log, offset, from, length }: EventPiece): Uint8Array | null {
    const payload = this.#payloads.get(`${log}@${offset}`)
    return payload && from + length <= payload.length ? payload.subarray(from, from + length) : null
  }
}

/** An event that names a digest is held to it: h₀ = 32 zero bytes, hᵢ₊₁ = SHA-256(hᵢ ‖ 64 KiB block). */
function isAsSaid(bytes: Buffer, length: number, digest: string): boolean {
  let hash: Buffer = Buffer.alloc(32)
  for (let at = 0; at < bytes.length; at += 65536) {
    hash = createHash('sha256')
      .update(hash)
      .update(bytes.subarray(at, at + 65536))
      .digest()
  }
  return bytes.length === length && hash.toString('hex') === digest
}

function id(log: LogId, root: string, path: string): string {
  return `${log}\0${root}\0${path}`
}
