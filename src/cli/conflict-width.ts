/** How wide text stands in a terminal, and text cut to a width. The text must be safe already (`safe-text.ts`). */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** East Asian wide and fullwidth characters; emoji are asked for by property. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u
const emoji = /\p{Emoji_Presentation}|\ufe0f/u
const ignorable = /^\p{Default_Ignorable_Code_Point}+$/u
const loneMark = /^\p{M}/u
/** A letter with a hundred marks piled on it is no letter: what is more than this is left away. */
const graphemeMaxUnits = 24

interface Cell {
  readonly text: string
  readonly width: number
}

function cellOf(grapheme: string): Cell {
  const text = grapheme.length > graphemeMaxUnits ? cutUnits(grapheme) : grapheme
  if (ignorable.test(text)) return { text: '', width: 0 }
  // Alone it would stand on whatever comes before it, be it the line between two columns.
  if (loneMark.test(text)) return { text: `◌${text}`, width: 1 }
  return { text, width: wide.test(text) || emoji.test(text) ? 2 : 1 }
}

function cutUnits(text: string): string {
  return text.slice(0, graphemeMaxUnits).replace(/[\ud800-\udbff]$/, '')
}

function* cells(text: string): Generator<Cell> {
  for (const { segment } of graphemes.segment(text)) yield cellOf(segment)
}

/** In columns of the terminal. */
export function displayWidth(text: string): number {
  let width = 0
  for (const cell of cells(text)) width += cell.width
  return width
}

/** The text with spaces after it up to a width; longer text is cut, with an ellipsis. */
export function fitted(text: string, width: number): string {
  const cut = displayWidth(text) > width ? `${firstColumns(text, width - 1)}…` : firstColumns(text, width)
  return cut + ' '.repeat(Math.max(0, width - displayWidth(cut)))
}

function firstColumns(text: string, width: number): string {
  let [cut, used] = ['', 0]
  for (const cell of cells(text)) {
    if (used + cell.width > width) break
    cut += cell.text
    used += cell.width
  }
  return cut
}

/**
 * Lines of text broken to a width, at spaces where there are some.
 * @param max the most lines; what is more is left away
 */
export function wrapped(text: string, width: number, max: number): string[] {
  const lines: string[] = []
  for (const line of text.replaceAll('\t', '    ').split('\n')) {
    for (const part of wrappedLine(line, Math.max(2, width))) {
      if (lines.length === max) return lines
      lines.push(part)
    }
  }
  return lines
}

function* wrappedLine(line: string, width: number): Generator<string> {
  let [text, used] = ['', 0]
  /** Behind the last space of the line, and the columns before it. */
  let [space, before] = [-1, 0]
  for (const cell of cells(line)) {
    // What stands behind a space may be too wide itself with this cell: then it is broken again.
    while (text !== '' && used + cell.width > width) {
      const at = space > 0 ? space : text.length
      yield text.slice(0, at).trimEnd()
      text = text.slice(at)
      used = space > 0 ? used - before : 0
      space = -1
    }
    text += cell.text
    used += cell.width
    if (cell.text === ' ') [space, before] = [text.length, used]
  }
  yield text.trimEnd()
}
