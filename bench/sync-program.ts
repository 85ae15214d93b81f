import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildProgram } from './built.js'

let building: Promise<string> | undefined

/**
 * The program under test: the one that HOLDFAST_BENCH_PROGRAM names (a `bin/run.js` whose `dist` is there), else this
 * checkout as it is now, built once for all benchmarks of a process and removed at its end.
 */
export function syncProgram(): Promise<string> {
  const given = process.env['HOLDFAST_BENCH_PROGRAM']
  building ??= given === undefined || given === '' ? buildHere() : Promise.resolve(given)
  return building
}

function buildHere(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-program-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return buildProgram(join(folder, 'program'))
}
