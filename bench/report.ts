import Table from 'cli-table3'
import type { BenchResult } from './harness.js'

/** Results as a table for people: one row for each contender, the ratio beside the second. */
export function renderTable(results: readonly BenchResult[]): string {
  const table = new Table({
    head: ['', '', 'median', 'min … max', 'MB/s', 'ratio (min … max)', 'beside', 'digest'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  for (const { name, contenders, ratio } of results) {
    for (const [at, { name: contender, ms, megabytesPerSecond, digest, figures }] of contenders.entries()) {
      table.push([
        at === 0 ? name : '',
        contender,
        time(ms.median),
        `${time(ms.min)} … ${time(ms.max)}`,
        megabytesPerSecond === null ? '' : megabytesPerSecond.toFixed(megabytesPerSecond < 100 ? 1 : 0),
        at === 0 ? '' : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} … ${ratio.max.toFixed(2)})`,
        Object.entries(figures)
          .map(([key, value]) => `${key} ${Number(value.toPrecision(3)).toString()}`)
          .join(', '),
        digest.slice(0, 12),
      ])
    }
  }
  return table.toString()
}

/** One JSON object a line, with the benchmark's file name as `bench`. */
export function renderLines(bench: string, results: readonly BenchResult[]): string {
  return results.map((result) => JSON.stringify({ bench, ...result })).join('\n')
}

function time(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 1) return `${ms.toFixed(2)} ms`
  return ms >= 0.001 ? `${(ms * 1000).toFixed(2)} µs` : `${(ms * 1e6).toFixed(0)} ns`
}
