/**
 * Text from sessions, file names and other machines, made safe to print: nothing in it can move the cursor, change
 * colours or title, hide what follows, or turn the reading order around.
 */

/**
 * C0 and C1 controls, DEL, line and paragraph separators, zero-width and bidirectional controls, the byte order mark,
 * tags, and unpaired surrogates. Zero-width joiners stay: they make emoji and several scripts.
 */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

/** On one line: a newline becomes `\n`, a tab a space, any other control its escape, such as `\x1b`. */
export function safeLine(text: string): string {
  return text.replace(unsafe, escape)
}

/** Over several lines: newlines and tabs stay, a CRLF is a newline. */
export function safeBlock(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(unsafe, (char) => (char === '\n' || char === '\t' ? char : escape(char)))
}

function escape(char: string): string {
  if (char === '\t') return ' '
  if (char === '\n') return '\\n'
  if (char === '\r') return '\\r'
  const code = char.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
}
