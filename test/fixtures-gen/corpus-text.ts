import { SeededRandom } from './random.js'

/** Bytes written one after another; grows as needed and is used again for the next file. */
export class ByteSink {
  buffer = Buffer.allocUnsafe(1 << 20)
  length = 0

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }

  write(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.buffer.write(text, this.length, 'utf8')
  }

  /** Writes again `bytes` bytes that were written at `start`. */
  repeat(start: number, bytes: number): void {
    this.reserve(bytes)
    this.buffer.copyWithin(this.length, start, start + bytes)
    this.length += bytes
  }

  /** A copy of all that was written from `start` on. */
  copy(start = 0): Buffer {
    return Buffer.from(this.buffer.subarray(start, this.length))
  }
}

const vocabularySize = 6000
const syllables =
  'ba be bi bo bu ca ce co da de di do fa fe fi fo ga ge go ha he hi ho in is it ka ke ki ko la le li lo ma me mi mo ' +
  'na ne ni no or pa pe pi po ra re ri ro sa se si so ta te ti to un va ve vi wa we ya yo za er al en st th ch sh tr'
/** Scraps of code, escaped as inside a JSON string, and a few characters of more than one byte. */
const scraps = [
  'const ', 'return ', '() => {\\n', '});\\n', 'if (', ') {\\n  ', '};\\n', 'import ', ' from \\"', 'await ', 'self.',
  'def ', '~/code/', '.ts:', '.py ', '\\n\\n', '    ', '\\"type\\": ', 'null,\\n', 'Error: ', '+++ b/', '--- a/',
  '@@ -1,7 +1,9 @@\\n', 'é', '— ', '✓ ', '→ ',
] // prettier-ignore

/** The vocabulary as one run of bytes: word n is `[starts[n], starts[n + 1])`. */
const vocabulary = buildVocabulary()

function buildVocabulary(): { bytes: Buffer; starts: Uint32Array; byRank: Uint16Array } {
  const random = new SeededRandom('vocabulary')
  const parts = syllables.split(' ')
  const words = Array.from({ length: vocabularySize }, (_, rank) => {
    if (rank % 7 === 3 && rank < scraps.length * 7) return scraps[Math.floor(rank / 7)] ?? ''
    let word = random.pick(parts)
    for (let more = random.int(4); more > 0; more--) word += random.pick(parts)
    return `${word} `
  }).map((word) => Buffer.from(word))
  const starts = new Uint32Array(words.length + 1)
  for (const [at, word] of words.entries()) starts[at + 1] = (starts[at] ?? 0) + word.length
  return { bytes: Buffer.concat(words), starts, byRank: zipfTable() }
}

/** 65,536 entries in which the word of rank r stands as often as Zipf's law says. */
function zipfTable(): Uint16Array {
  const cumulative: number[] = []
  let total = 0
  for (let rank = 0; rank < vocabularySize; rank++) cumulative.push((total += 1 / (rank + 3)))
  let rank = 0
  return Uint16Array.from({ length: 65_536 }, (_, at) => {
    while ((cumulative[rank] ?? total) / total < (at + 0.5) / 65_536) rank++
    return rank
  })
}

/** How many of the latest passages may be quoted again: they must lie within a compressor's window to count. */
const passagesMax = 128
/** The share of passages that are new. Sessions quote what they saw; this gives gzip the ratio that it has on them. */
const freshShare = 0.55

/**
 * Generated text, safe inside a JSON string without further escaping, that compresses about like the text of real
 * sessions. One source serves one file: it quotes what it wrote before.
 */
export class TextSource {
  readonly #random: SeededRandom
  readonly #sink: ByteSink
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  #next = 0

  constructor(random: SeededRandom, sink: ByteSink) {
    this.#random = random
    this.#sink = sink
  }

  /** Writes exactly `bytes` bytes. */
  write(bytes: number): void {
    const sink = this.#sink
    sink.reserve(bytes)
    const end = sink.length + bytes
    while (sink.length < end) {
      const quoted = this.#starts.length > 8 && !this.#random.chance(freshShare)
      if (!(quoted && this.#quote(end)) && !this.#passage(end)) break
    }
    sink.buffer.fill(0x2e, sink.length, end)
    sink.length = end
  }

  /** A text of its own, for titles and names: words only. */
  words(count: number): string {
    let text = ''
    while (count-- > 0) text += `${this.#random.pick(plainWords)} `
    return text.trimEnd()
  }

  #quote(end: number): boolean {
    const at = this.#random.int(this.#starts.length)
    const length = this.#lengths[at] ?? 0
    if (this.#sink.length + length > end) return false
    this.#sink.repeat(this.#starts[at] ?? 0, length)
    return true
  }

  /** One new passage of a few words. False where not even one word fits. */
  #passage(end: number): boolean {
    const { buffer } = this.#sink
    const { bytes, starts, byRank } = vocabulary
    const from = this.#sink.length
    let at = from
    for (let words = 6 + this.#random.int(16); words > 0; words--) {
      const word = byRank[this.#random.word() >>> 16] ?? 0
      const stop = starts[word + 1] ?? 0
      const start = starts[word] ?? 0
      if (at + stop - start > end) break
      for (let byte = start; byte < stop; byte++) buffer[at++] = bytes[byte] ?? 0
    }
    this.#sink.length = at
    if (at > from) this.#remember(from, at - from)
    return at > from
  }

  #remember(start: number, length: number): void {
    this.#starts[this.#next] = start
    this.#lengths[this.#next] = length
    this.#next = (this.#next + 1) % passagesMax
  }
}

const plainWords = Array.from({ length: 400 }, (_, at) => {
  const { bytes, starts } = vocabulary
  return bytes.toString('utf8', starts[at + 1000], starts[at + 1001]).trim()
})
