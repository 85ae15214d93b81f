/**
 * Controls except newline and tab, separators, zero-width and bidirectional controls, the byte order mark, tags, and
 * unpaired surrogates: what a reader can't see, and what turns the reading order around.
 */
const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/u

const runs = new RegExp(`((?:${unseen.source})+)`, 'u')

const names = new Map([
  [0x00, 'NUL'],
  [0x07, 'BEL'],
  [0x08, 'BS'],
  [0x0d, 'CR'],
  [0x1b, 'ESC'],
  [0x7f, 'DEL'],
])

/** So many marks are elements of their own; a text that is full of them goes on as plain text. */
const marksMax = 40
/** Of one run, so many are told apart. */
const runMax = 8

/** A text as nodes that show all of it: what can't be seen stands there by its name, and changes nothing around it. */
export function visibleText(text: string): Node[] {
  if (!unseen.test(text)) return text === '' ? [] : [document.createTextNode(text)]
  const parts = text.replaceAll('\r\n', '\n').split(runs)
  const nodes: Node[] = []
  for (const [i, part] of parts.entries()) {
    if (part === '') continue
    if (i % 2 === 0) nodes.push(document.createTextNode(part))
    else if (i < marksMax * 2) nodes.push(mark(part))
    else nodes.push(document.createTextNode(`⟨${runName(part)}⟩`))
  }
  return nodes
}

function mark(run: string): HTMLElement {
  const element = document.createElement('span')
  element.className = 'mark'
  element.append(runName(run))
  return element
}

function runName(run: string): string {
  const points = Array.from(run)
  const [first] = points
  if (points.length > 1 && first !== undefined && points.every((point) => point === first))
    return `${pointName(first)} ×${points.length}`
  const shown = points.slice(0, runMax).map(pointName).join(' ')
  return points.length > runMax ? `${shown} +${points.length - runMax}` : shown
}

function pointName(point: string): string {
  const code = point.codePointAt(0) ?? 0
  return names.get(code) ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
