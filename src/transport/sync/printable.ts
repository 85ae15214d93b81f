const maxChars = 300

/** Words of a peer, fit for a message to the user: one line, bounded, without control characters. */
export function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim()
  return line.length <= maxChars ? line : `${line.slice(0, maxChars)}…`
}
