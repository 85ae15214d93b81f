import type { ByteSink, TextSource } from './corpus-text.js'

/** Stands in a record for text that is written straight into the file. */
export const textSlot = '@text@'

/**
 * Writes one JSON line of about `targetBytes`, newline included: the record's text slots are filled to that length,
 * every slot after the first with the same text again. Longer where the record alone is longer.
 */
export function writeRecord(sink: ByteSink, text: TextSource, record: object, targetBytes: number): void {
  const parts = JSON.stringify(record).split(textSlot)
  const slots = parts.length - 1
  const fixed = parts.reduce((bytes, part) => bytes + part.length, 1)
  const slotBytes = slots === 0 ? 0 : Math.max(4, Math.floor((targetBytes - fixed) / slots))
  let first = -1
  for (const [index, part] of parts.entries()) {
    sink.write(part)
    if (index === slots) break
    if (first < 0) {
      first = sink.length
      text.write(slotBytes)
    } else sink.repeat(first, slotBytes)
  }
  sink.write('\n')
}
