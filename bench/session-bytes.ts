import { corpusSizes, generateCorpus } from '../test/fixtures-gen/corpus.js'

/** So many bytes as agents write them: lines of generated sessions, one after the other. The same ones every time. */
export function sessionBytes(length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    for (const file of generateCorpus({ seed: 1, ...corpusSizes.tiny })) {
      if (file.path.endsWith('.jsonl')) filled += file.bytes.copy(bytes, filled)
      if (filled === length) break
    }
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length)
}
