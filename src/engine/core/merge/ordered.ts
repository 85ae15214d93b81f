import type { Piece } from '../event.js'
import { type Digest, emptyDigest, extendDigest, joinDigests, powers, type Powers } from './digest.js'
import { pushSpan } from './file-text.js'
import type { Item, Rec, Span } from './model.js'
import { comparePlaces, type Place } from './order.js'
import type { StreamText } from './types.js'

const chunkMax = 512
const literalNewline: Span = { node: null, from: 0, length: 1 }

interface Chunk {
  items: Item[]
  bytes: number
  digest: Digest
  powers: Powers
  stale: boolean
}

/** Where an item stands. */
export function placeOf(item: Item): Place {
  return item.moved ?? (item.best as Rec)
}

/**
 * Items in the order of their places, as the text that they make: each followed by a newline. Adding at the end costs
 * what is added; anywhere else, the size of one chunk and the number of chunks.
 */
export class OrderedItems implements StreamText {
  #chunks: Chunk[] = []
  #count = 0
  #length = 0
  #version = 0
  /** What leading chunks come to, so that asking about the end costs nothing of them; null once one changed. */
  #settled: { readonly chunks: number; readonly digest: Digest; readonly bytes: number } | null = null
  /** Version and first changed byte, the bytes strictly ascending: later and lower changes replace earlier ones. */
  #changes: { version: number; from: number }[] = []

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#length
  }

  get version(): number {
    return this.#version
  }

  get last(): Item | undefined {
    return this.#chunks.at(-1)?.items.at(-1)
  }

  /** The item must not be in it, and its place must stay as it is until `remove`. */
  insert(item: Item): void {
    const place = placeOf(item)
    const size = sizeOf(item)
    const tail = this.#chunks.at(-1)
    const last = this.last
    if (!tail || !last || comparePlaces(placeOf(last), place) < 0) {
      const chunk = tail && tail.items.length < chunkMax ? tail : this.#newChunk()
      if (!chunk.stale) {
        chunk.digest = extendDigest(chunk.digest, item.serial)
        chunk.powers = joinPowers(chunk.powers)
      }
      chunk.items.push(item)
      chunk.bytes += size
      this.#changed(this.#length)
    } else {
      const { chunk, index, chunkFrom } = this.#find(place)
      this.#changed(chunkFrom + bytesBefore(chunk.items, index))
      this.#touch(chunk)
      chunk.items.splice(index, 0, item)
      chunk.bytes += size
      chunk.stale = true
      if (chunk.items.length > chunkMax) this.#split(chunk)
    }
    this.#count++
    this.#length += size
  }

  /** The item must be in it, at the place where it was inserted. */
  remove(item: Item): void {
    const { chunk, index, chunkFrom } = this.#find(placeOf(item))
    if (chunk.items[index] !== item) return
    this.#changed(chunkFrom + bytesBefore(chunk.items, index))
    this.#touch(chunk)
    chunk.items.splice(index, 1)
    chunk.bytes -= sizeOf(item)
    chunk.stale = true
    if (chunk.items.length === 0) {
      this.#chunks.splice(this.#chunks.indexOf(chunk), 1)
      this.#settled = null
    }
    this.#count--
    this.#length -= sizeOf(item)
  }

  clear(): void {
    this.#chunks = []
    this.#settled = null
    this.#count = 0
    this.#length = 0
    this.#changed(0)
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const chunk of this.#chunks) yield* chunk.items
  }

  *backwards(): Generator<Item> {
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const { items } = this.#chunks[at] as Chunk
      for (let index = items.length - 1; index >= 0; index--) yield items[index] as Item
    }
  }

  slice(from = 0, to = this.#length): Piece[] {
    const pieces: Piece[] = []
    const skips = this.#settled && from >= this.#settled.bytes ? this.#settled : null
    let chunkFrom = skips?.bytes ?? 0
    for (let at = skips?.chunks ?? 0; at < this.#chunks.length && chunkFrom < to; at++) {
      const chunk = this.#chunks[at] as Chunk
      if (chunkFrom + chunk.bytes > from) sliceItems(chunk.items, from - chunkFrom, to - chunkFrom, pieces)
      chunkFrom += chunk.bytes
    }
    return pieces
  }

  /** Of all items in order; see `Digest`. */
  digest(): Digest {
    let { chunks: from, digest, bytes } = this.#settled ?? { chunks: 0, digest: emptyDigest, bytes: 0 }
    for (let at = from; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk
      if (at === this.#chunks.length - 1) this.#settled = { chunks: at, digest, bytes }
      refresh(chunk)
      digest = joinDigests(digest, chunk.digest, chunk.powers)
      bytes += chunk.bytes
    }
    return digest
  }

  /** How many of its first bytes are the same as when `version` was that. */
  unchangedSince(version: number): number {
    const first = this.#changes.find((change) => change.version > version)
    return Math.min(first?.from ?? this.#length, this.#length)
  }

  #changed(from: number): void {
    this.#version++
    while ((this.#changes.at(-1)?.from ?? -1) >= from) this.#changes.pop()
    this.#changes.push({ version: this.#version, from })
    // Appends alone would grow the list for ever; what is forgotten counts as changed from where it is known.
    if (this.#changes.length > 1024) {
      const first = this.#changes[0] as { from: number }
      this.#changes = [
        { version: (this.#changes[512] as { version: number }).version, from: first.from },
      ].concat(this.#changes.slice(513))
    }
  }

  #newChunk(): Chunk {
    const chunk = { items: [], bytes: 0, digest: emptyDigest, powers: powers(0), stale: false }
    this.#chunks.push(chunk)
    return chunk
  }

  #split(chunk: Chunk): void {
    const items = chunk.items.splice(chunk.items.length >> 1)
    const bytes = bytesBefore(items, items.length)
    chunk.bytes -= bytes
    const next = { items, bytes, digest: emptyDigest, powers: powers(0), stale: true }
    this.#chunks.splice(this.#chunks.indexOf(chunk) + 1, 0, next)
  }

  /** A chunk is about to change. */
  #touch(chunk: Chunk): void {
    if (chunk !== this.#chunks.at(-1)) this.#settled = null
  }

  #find(place: Place): { chunk: Chunk; index: number; chunkFrom: number } {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const last = (this.#chunks[middle] as Chunk).items.at(-1) as Item
      if (comparePlaces(placeOf(last), place) < 0) low = middle + 1
      else high = middle
    }
    let chunkFrom = 0
    for (let at = 0; at < low; at++) chunkFrom += (this.#chunks[at] as Chunk).bytes
    const chunk = this.#chunks[low] as Chunk
    let from = 0
    let to = chunk.items.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (comparePlaces(placeOf(chunk.items[middle] as Item), place) < 0) from = middle + 1
      else to = middle
    }
    return { chunk, index: from, chunkFrom }
  }
}

/** Items in a given order as a text; for texts that are made once. */
export class ItemList implements StreamText {
  readonly items: readonly Item[]
  readonly length: number

  constructor(items: readonly Item[]) {
    this.items = items
    this.length = bytesBefore(items, items.length)
  }

  get count(): number {
    return this.items.length
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.items[Symbol.iterator]()
  }

  slice(from = 0, to = this.length): Piece[] {
    const pieces: Piece[] = []
    sliceItems(this.items, from, to, pieces)
    return pieces
  }
}

function refresh(chunk: Chunk): void {
  if (!chunk.stale) return
  chunk.digest = emptyDigest
  for (const item of chunk.items) chunk.digest = extendDigest(chunk.digest, item.serial)
  chunk.powers = powers(chunk.items.length)
  chunk.stale = false
}

function sizeOf(item: Item): number {
  return (item.content?.length ?? 0) + 1
}

function bytesBefore(items: readonly Item[], index: number): number {
  let bytes = 0
  for (let at = 0; at < index; at++) bytes += sizeOf(items[at] as Item)
  return bytes
}

function joinPowers(before: Powers): Powers {
  const one = powers(1)
  return { a: Math.imul(before.a, one.a), b: Math.imul(before.b, one.b) }
}

function sliceItems(items: readonly Item[], from: number, to: number, pieces: Piece[]): void {
  let at = 0
  for (const item of items) {
    const end = at + sizeOf(item)
    if (at >= to) return
    if (end > from) {
      // A line that only write-backs put together has no record of its own; its bytes are known all the same.
      const spans = item.best?.spans ?? item.content?.spans ?? []
      let spanFrom = at
      for (const span of [...spans, item.best?.newline ?? literalNewline]) {
        const skip = Math.max(from - spanFrom, 0)
        const length = Math.min(span.length, to - spanFrom) - skip
        if (length > 0) pushSpan(pieces, { node: span.node, from: span.from + skip, length })
        spanFrom += span.length
      }
    }
    at = end
  }
}
