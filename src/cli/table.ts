import { createRequire } from 'node:module'
import type Table from 'cli-table3'
import type Ansis from 'ansis'
import { safeLine } from './safe-text.js'

export interface Column {
  readonly head: string
  /** Numbers stand right. */
  readonly align?: 'left' | 'right'
}

const noLines = {
  ...Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'].map(
      (edge) => [edge, ''],
    ),
  ),
  ...Object.fromEntries(
    ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].map((edge) => [edge, '']),
  ),
  middle: '  ',
}

/**
 * Rows as lines. In a terminal: aligned columns under a head; in a pipe: one row a line, cells divided by tabs, no
 * head, for `cut` and `awk`. Cells are made safe to print. Without rows there are no lines.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly (string | number | null)[])[],
  terminal: boolean,
): string[] {
  if (rows.length === 0) return []
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : safeLine(String(cell)))))
  if (!terminal) return cells.map((row) => row.join('\t'))
  // Loaded here: commands without a table in a terminal start faster.
  const require = createRequire(import.meta.url)
  const TableClass = require('cli-table3') as typeof Table
  const ansis = require('ansis') as typeof Ansis
  const table = new TableClass({
    head: columns.map(({ head }) => ansis.bold(head)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  table.push(...cells)
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}
