import { h, type Child } from './dom.js'

export type Cell = Child

/**
 * A table that scrolls sideways by itself where the page is narrow.
 * @param columns headings; one that ends with `>` is a column of numbers
 */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): HTMLElement {
  const isNumber = (index: number): boolean => columns[index]?.endsWith('>') ?? false
  const head = columns.map((column, i) =>
    h('th', { scope: 'col', class: isNumber(i) && 'number' }, column.replace(/>$/, '')),
  )
  const body = rows.map((row) =>
    h('tr', {}, ...row.map((cell, i) => h('td', { class: isNumber(i) && 'number' }, cell))),
  )
  return h(
    'div',
    { class: 'table' },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, caption),
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...body),
    ),
  )
}
