import { messageLines, type ColumnLine } from './conflict-message.js'
import { fitted } from './conflict-width.js'
import type { Message } from '../daemon/operations/conflicts.js'
import type { Paint } from './paint.js'

const between = ' │ '
/** Columns narrower than this say too little. */
const columnMinWidth = 28

/** Whether two branches stand side by side in a terminal of this width. */
export function fitsColumns(branches: number, width: number): boolean {
  return branches === 2 && width >= 2 * columnMinWidth + between.length
}

/** Two branches side by side: the first records of both beside each other, then the second ones, and so on. */
export function sideBySide(
  heads: readonly [string, string],
  [left, right]: readonly [readonly Message[], readonly Message[]],
  width: number,
  paint: Paint,
): string[] {
  const leftWidth = Math.floor((width - between.length) / 2)
  const rightWidth = width - between.length - leftWidth
  const row = (a: ColumnLine | undefined, b: ColumnLine | undefined): string =>
    `${painted(a, leftWidth, paint)}${paint.dim(between)}${painted(b, rightWidth, paint).trimEnd()}`
  const lines = [
    row({ text: heads[0], paint: 'strong' }, { text: heads[1], paint: 'strong' }),
    paint.dim(`${'─'.repeat(leftWidth + 1)}┼${'─'.repeat(rightWidth + 1)}`),
  ]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a, b] = [linesOf(left[i], leftWidth), linesOf(right[i], rightWidth)]
    for (let at = 0; at < Math.max(a.length, b.length); at++) lines.push(row(a[at], b[at]))
    lines.push(row(undefined, undefined).trimEnd())
  }
  return lines
}

function linesOf(message: Message | undefined, width: number): readonly ColumnLine[] {
  return message ? messageLines(message, width) : []
}

/** Coloured only after it was fitted: a colour has no width. */
function painted(line: ColumnLine | undefined, width: number, paint: Paint): string {
  const text = fitted(line?.text ?? '', width)
  return line?.paint ? paint[line.paint](text) : text
}
